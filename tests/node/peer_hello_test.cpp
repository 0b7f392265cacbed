#include "node/peers/hello.h"

#include <gtest/gtest.h>

namespace {

using node::BirthStatus;
using node::Hello;

Hello example() {
  Hello hello;
  hello.id = base::NodeId(0x1234567890ABCDEFULL);
  hello.epoch = 99;
  hello.cluster = base::ClusterId(7);
  hello.announcement = {
      .host = "10.0.0.1", .client_port = 6379, .raft_port = 16379, .hostname = "a.example"};
  hello.birth = {.version = 3, .is_complete = true, .met = {base::NodeId(1), base::NodeId(2)}};
  hello.holding = {.term = base::Term(5),
                   .vote = base::NodeId(2),
                   .last_index = base::LogIndex(80),
                   .may_have_forgotten = true};
  hello.wants_vote = false;
  return hello;
}

TEST(PeerHello, SurvivesTheWire) {
  const auto read = node::decode_hello(node::encode_hello(example()));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, example().id);
  EXPECT_EQ(read->epoch, 99U);
  EXPECT_EQ(read->cluster, base::ClusterId(7));
  EXPECT_EQ(read->announcement.host, "10.0.0.1");
  EXPECT_EQ(read->announcement.client_port, 6379);
  EXPECT_EQ(read->announcement.raft_port, 16379);
  EXPECT_EQ(read->announcement.hostname, "a.example");
  EXPECT_TRUE(read->birth.agrees_with(example().birth));
  EXPECT_EQ(read->birth.version, 3U);
  EXPECT_EQ(read->holding.term, base::Term(5));
  EXPECT_EQ(read->holding.vote, base::NodeId(2));
  EXPECT_EQ(read->holding.last_index, base::LogIndex(80));
  EXPECT_TRUE(read->holding.may_have_forgotten);
  EXPECT_FALSE(read->wants_vote);
  node::Hello usual = example();
  usual.wants_vote = true;
  EXPECT_TRUE(node::decode_hello(node::encode_hello(usual))->wants_vote);
}

TEST(PeerHello, AnythingShorterOrLongerIsRefused) {
  const std::string bytes = node::encode_hello(example());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(node::decode_hello(bytes.substr(0, size))) << size;
  EXPECT_FALSE(node::decode_hello(bytes + "x"));
}

TEST(PeerHello, ANodeWithoutIdAndAClusterIdOfNoneAreRefused) {
  Hello hello = example();
  hello.id = {};
  EXPECT_FALSE(node::decode_hello(node::encode_hello(hello)));
  EXPECT_FALSE(node::decode_cluster_id(node::encode_cluster_id({})));
  EXPECT_FALSE(node::decode_cluster_id("short"));
  EXPECT_EQ(node::decode_cluster_id(node::encode_cluster_id(base::ClusterId(5))),
            base::ClusterId(5));
}

TEST(PeerHello, AStatusWithUnorderedOrTooManyIdsIsRefused) {
  const BirthStatus unordered{
      .version = 1, .is_complete = false, .met = {base::NodeId(2), base::NodeId(1)}};
  EXPECT_FALSE(node::decode_birth_status(node::encode_birth_status(unordered)));
  BirthStatus crowd;
  for (std::uint64_t i = 1; i <= 1025; ++i) crowd.met.emplace_back(i);
  EXPECT_FALSE(node::decode_birth_status(node::encode_birth_status(crowd)));
  crowd.met.pop_back();
  EXPECT_TRUE(node::decode_birth_status(node::encode_birth_status(crowd)));
}

TEST(PeerHello, NamesAreShortAndHostsLoseTheirPort) {
  EXPECT_EQ(node::short_name(base::NodeId(0x1234567890ABCDEFULL)), "n12345678");
  EXPECT_EQ(node::cluster_name(base::ClusterId(0xFF00000000000000ULL)), "cff000000");
  EXPECT_EQ(node::host_of("db1.example:17001"), "db1.example");
  EXPECT_EQ(node::host_of("::1:17001"), "::1");
  EXPECT_EQ(node::host_of("bare"), "bare");
}

}  // namespace
