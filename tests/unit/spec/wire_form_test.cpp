// Which form a connection gets: every offer against every transport.
#include "core/spec/wire_form.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace phalarope::spec {
namespace {

using Names = std::vector<std::string_view>;

std::string agreed(std::string_view transport, const Names& encodings, const Names& compressions) {
  const auto form = negotiate(*find_supported_forms(transport), {.encodings = encodings, .compressions = compressions});
  if (!form) return std::string(form.error().member) + ": " + form.error().sentence;
  return std::string(encoding_names[static_cast<std::size_t>(form->encoding)]) + " " +
         std::string(compression_names[static_cast<std::size_t>(form->compression)]);
}

TEST(WireForm, TakesTheFirstOfferThatIsSupported) {
  struct Row {
    const char* transport;
    Names encodings;
    Names compressions;
    const char* expected;
  };
  const Row rows[] = {
      {"websocket", {}, {}, "json none"},
      {"websocket", {"json"}, {}, "json none"},
      {"websocket", {"flatbuffers"}, {"zlib"}, "flatbuffers zlib"},
      {"websocket", {"flatbuffers", "json"}, {"none", "zlib"}, "flatbuffers none"},
      {"websocket", {"json", "flatbuffers"}, {"zlib", "none"}, "json zlib"},
      {"websocket", {"cbor", "flatbuffers"}, {"brotli", "none"}, "flatbuffers none"},
      {"telephony", {"flatbuffers", "json"}, {"zlib", "none"}, "json none"},
      {"livekit", {"flatbuffers"}, {}, "flatbuffers none"},
      {"local", {"flatbuffers"}, {"zlib", "none"}, "flatbuffers none"},
      {"websocket", {"cbor"}, {}, "encoding: websocket supports no encoding of: cbor; offer one of: json, flatbuffers"},
      {"websocket", {"JSON"}, {}, "encoding: websocket supports no encoding of: JSON; offer one of: json, flatbuffers"},
      {"telephony",
       {"flatbuffers"},
       {},
       "encoding: telephony supports no encoding of: flatbuffers; offer one of: json"},
      {"livekit", {}, {"zlib"}, "compression: livekit supports no compression of: zlib; offer one of: none"},
  };
  for (const Row& row : rows) EXPECT_EQ(agreed(row.transport, row.encodings, row.compressions), row.expected);
}

TEST(WireForm, EveryTransportUnderstandsTheOldestPeer) {
  for (const char* transport : {"local", "websocket", "telephony", "livekit"}) {
    EXPECT_EQ(agreed(transport, {}, {}), "json none") << transport;
    EXPECT_EQ(agreed(transport, {"json"}, {"none"}), "json none") << transport;
  }
  EXPECT_EQ(find_supported_forms("pigeon"), nullptr);
}

}  // namespace
}  // namespace phalarope::spec
