// Whose directory this is, and that only one process uses it (DESIGN decisions 12, 14).
#include "persistence/directory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/codec.h"
#include "base/crc.h"

namespace {

using base::ClusterId;
using base::NodeId;
using persistence::Directory;
namespace fs = std::filesystem;

class DataDirectory : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("quorate-directory-" + std::to_string(getpid()));
    fs::remove_all(path_);
  }
  void TearDown() override { fs::remove_all(path_); }
  [[nodiscard]] std::unique_ptr<Directory> open() const {
    auto opened = Directory::open(path_.string());
    EXPECT_TRUE(opened.ok());
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  void write_identity(const std::string& bytes) const {
    std::ofstream(path_ / "identity", std::ios::binary) << bytes;
  }
  [[nodiscard]] std::string read_identity() const {
    std::ifstream in(path_ / "identity", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path path_;
};

TEST_F(DataDirectory, IsMadeWithItsLogAndFreshAtFirst) {
  const auto directory = open();
  const auto identity = directory->identity();
  ASSERT_TRUE(identity.ok());
  EXPECT_TRUE(identity.value().node.is_none());
  EXPECT_TRUE(identity.value().cluster.is_none());
  EXPECT_TRUE(fs::is_directory(directory->log_path()));
}

TEST_F(DataDirectory, RemembersItsIdentityAndTheLatestOne) {
  ASSERT_TRUE(open()->set_identity({NodeId(5), ClusterId()}).ok());
  ASSERT_TRUE(open()->set_identity({NodeId(5), ClusterId(9)}).ok());
  const auto identity = open()->identity();
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity.value().node, NodeId(5));
  EXPECT_EQ(identity.value().cluster, ClusterId(9));
}

TEST_F(DataDirectory, AFlippedBitAtEveryByteOfTheIdentityIsNamed) {
  const auto directory = open();
  ASSERT_TRUE(directory->set_identity({NodeId(5), ClusterId(9)}).ok());
  const std::string sound = read_identity();
  ASSERT_EQ(sound.size(), 30U);
  for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    std::string bytes = sound;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    write_identity(bytes);
    const auto identity = directory->identity();
    ASSERT_FALSE(identity.ok()) << "bit " << bit;
    EXPECT_EQ(identity.error().cause, base::Cause::kCorrupt);
    EXPECT_NE(identity.error().object.find("/identity"), std::string::npos);
  }
}

TEST_F(DataDirectory, RemembersWhereItStandsAndWhomToJoin) {
  ASSERT_TRUE(open()
                  ->set_identity({.node = NodeId(5),
                                  .cluster = ClusterId(9),
                                  .standing = persistence::Standing::kReborn,
                                  .join = {"a:1", "b:2"}})
                  .ok());
  const auto identity = open()->identity();
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity.value().standing, persistence::Standing::kReborn);
  EXPECT_EQ(identity.value().join, (std::vector<std::string>{"a:1", "b:2"}));
}

TEST_F(DataDirectory, ForgetsLogAndStateButNotWhoItIs) {
  const auto directory = open();
  ASSERT_TRUE(directory->set_identity({NodeId(5), ClusterId(9)}).ok());
  std::ofstream(directory->state_path()) << "state";
  std::ofstream(directory->state_path() + "-wal") << "wal";
  std::ofstream(directory->log_path() + "/00000001.log") << "log";
  ASSERT_TRUE(directory->forget_everything().ok());
  EXPECT_FALSE(fs::exists(directory->state_path()));
  EXPECT_FALSE(fs::exists(directory->state_path() + "-wal"));
  EXPECT_TRUE(fs::is_empty(directory->log_path()));
  EXPECT_EQ(directory->identity().value().node, NodeId(5));
  EXPECT_TRUE(directory->forget_everything().ok()) << "twice is once";
}

TEST_F(DataDirectory, AnIdentityThatIsTooShortOrTooLongIsNamed) {
  const auto directory = open();
  ASSERT_TRUE(directory->set_identity({NodeId(5), ClusterId(9)}).ok());
  const std::string sound = read_identity();
  for (std::size_t size = 0; size < sound.size(); ++size) {
    write_identity(sound.substr(0, size));
    EXPECT_FALSE(directory->identity().ok()) << size;
  }
  write_identity(sound + "x");
  EXPECT_FALSE(directory->identity().ok());
}

// With a checksum that is right, so that what it covers is judged.
TEST_F(DataDirectory, AnIdentityThatMakesNoSenseIsNamed) {
  const auto directory = open();
  const auto is_taken = [&](const std::string& magic, std::uint8_t standing, std::uint64_t count,
                            const std::string& rest) {
    std::string bytes = magic;
    base::Encoder out(bytes);
    out.u64(5);
    out.u64(9);
    out.u8(standing);
    out.varint(count);
    bytes += rest;
    out.u32(base::crc32c(bytes));
    write_identity(bytes);
    return directory->identity().ok();
  };
  const std::string magic = "QRTID002";
  const auto addresses = [](std::size_t count, std::size_t bytes) {
    std::string all;
    for (; count > 0; --count) base::Encoder(all).bytes(std::string(bytes, 'a'));
    return all;
  };
  EXPECT_TRUE(is_taken(magic, 3, 1, addresses(1, 3)));
  EXPECT_FALSE(is_taken("QRTID001", 3, 1, addresses(1, 3)));
  EXPECT_FALSE(is_taken(magic, 4, 1, addresses(1, 3)));
  EXPECT_FALSE(is_taken(magic, 3, 2, addresses(1, 3)));
  EXPECT_FALSE(is_taken(magic, 3, 1, addresses(1, 3) + "x"));
  EXPECT_TRUE(is_taken(magic, 3, 1024, addresses(1024, 3)));
  EXPECT_FALSE(is_taken(magic, 3, 1025, addresses(1025, 3)));
  constexpr std::size_t kAddressesBytes = 64 * 1024 - 8 - 8 - 8 - 1 - 1 - 4;
  const std::string fill = addresses(1, kAddressesBytes - 3);  // and three of its length
  ASSERT_EQ(fill.size(), kAddressesBytes);
  EXPECT_TRUE(is_taken(magic, 3, 1, fill));
  EXPECT_FALSE(is_taken(magic, 3, 1, addresses(1, kAddressesBytes - 2)));
}

TEST_F(DataDirectory, AnIdentityThatWasBeingWrittenLeavesTheOneBefore) {
  const auto directory = open();
  ASSERT_TRUE(directory->set_identity({NodeId(5), ClusterId(9)}).ok());
  std::ofstream(path_ / "identity.new") << "half";
  EXPECT_EQ(directory->identity().value().node, NodeId(5));
  ASSERT_TRUE(directory->set_identity({NodeId(6), ClusterId(9)}).ok());
  EXPECT_EQ(directory->identity().value().node, NodeId(6));
}

TEST_F(DataDirectory, IsUsedByOneProcessAtATime) {
  auto mine = open();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto theirs = Directory::open(path_.string());
    const bool is_refused =
        !theirs.ok() && theirs.error().detail == "another process uses this directory";
    _exit(is_refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(Directory::open(path_.string()).ok()) << "not twice by one process either";
  mine.reset();
  EXPECT_TRUE(Directory::open(path_.string()).ok()) << "free again";
}

TEST_F(DataDirectory, AProcessThatDiedHoldsNothing) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto theirs = Directory::open(path_.string());
    _exit(theirs.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Directory::open(path_.string()).ok());
}

TEST_F(DataDirectory, APathThatCannotBeADirectoryIsNamed) {
  std::ofstream(path_.string()) << "a file";
  const auto opened = Directory::open(path_.string());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().object.find(path_.string()), std::string::npos);
}

}  // namespace
