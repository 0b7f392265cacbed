#include "node/peers/visits.h"

#include <utility>

namespace node {

void Visits::say(LinkId visit, WireKind kind, std::string body) {
  PeerLink* link = links_.find(visit);
  if (link != nullptr && link->phase == PeerLink::Phase::kVisit)
    link->outbox.push(kind, std::move(body));
}

void Visits::end(LinkId visit, const std::string& why) {
  PeerLink* link = links_.find(visit);
  if (link == nullptr) return;
  if (!why.empty()) {
    const std::string text = "visit of " + link->name() + " ended: " + why;
    output_.line_rarely(links_.now(), text, {LogLevel::kWarning, text});
  }
  if (link->phase == PeerLink::Phase::kVisit)
    links_.drop_with_last_words(*link, why);
  else
    links_.drop(visit, why);
}

void Visits::on_hello(PeerLink& link, const Hello& hello) {
  const bool is_visitor = !link.is_dialled;
  if (link.is_dialled && !link.is_visit) return links_.drop(link.id, "it answered as a visitor");
  link.is_visit = true;
  link.phase = PeerLink::Phase::kVisit;
  link.hello = hello;
  link.began = links_.now();
  // Another member asks whether this one is one, too.
  const bool is_of_cluster = membership_.is_born() && hello.cluster == membership_.cluster();
  link.is_trusted = link.is_trusted || (is_visitor && is_of_cluster);
  if (is_visitor) link.outbox.push(WireKind::kHello, own_hello_.encoded_for(link));
  output_.tell(VisitBegun{link.id, hello, std::string(host_of(link.address))});
}

void Visits::on_message(const PeerLink& link, WireMessage& message) {
  output_.tell(
      VisitSaid{link.id, link.hello, std::string(host_of(link.address)), std::move(message)});
}

}  // namespace node
