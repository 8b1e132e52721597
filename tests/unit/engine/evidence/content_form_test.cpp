// What stands on the disk instead of content: a mask that tells nothing that was said, a hash that reads back to
// nothing.
#include "core/engine/evidence/content_form.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phalarope {
namespace {

std::string masked(std::string_view text) {
  std::string out(text.size(), '\0');
  out.resize(mask_text(text, out));
  return out;
}

// contract: evidence.md 1.10 "mask"
TEST(ContentForm, AMaskKeepsStructureAndNothingThatWasSaid) {
  EXPECT_EQ(masked("Call +49 170 Anna!"), "xxxx +00 000 xxxx!");
  EXPECT_EQ(masked(""), "");
  EXPECT_EQ(masked("Größe 7"), "xxxxx 0") << "one character, one x";
  EXPECT_EQ(masked("\x80\x80"), "") << "what is no text leaves nothing";
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  for (const char c : masked(every)) {
    EXPECT_TRUE(c == 'x' || c == '0' || !std::isalnum(static_cast<unsigned char>(c))) << static_cast<int>(c);
  }
}

// contract: evidence.md 1.10 "hash"
TEST(ContentForm, AHashSaysHowLongItWas) {
  EXPECT_EQ(hash_form(std::as_bytes(std::span(std::string_view("abc")))).view(),
            "sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad bytes=3");
  EXPECT_EQ(hash_form({}).view(), "sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 bytes=0");
}

}  // namespace
}  // namespace phalarope
