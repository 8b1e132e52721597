// SHA-256 against FIPS 180-4's example and the contract's own vector (runtime.md Appendix D, lease token).
#include "core/engine/base/sha256.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

std::string_view text_of(const Sha256Hex& hex) { return {hex.data(), hex.size()}; }

TEST(Sha256, MatchesTheStandardsExample) {
  EXPECT_EQ(text_of(to_hex(sha256(std::string_view("abc")))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// contract: Appendix D row 4
TEST(Sha256, GivesTheContractsLeaseToken) {
  EXPECT_EQ(text_of(to_hex(sha256(std::string_view("sess-vec-1|7")))).substr(0, 16), "ac3fceca56d72a0b");
}

}  // namespace
}  // namespace phalarope
