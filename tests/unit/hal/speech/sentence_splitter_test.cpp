// Answers cut into what the voice is given.
#include "hal/speech/sentence_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phalarope::hal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SentenceSplitter, CutsAtSentenceEndsOnly) {
  EXPECT_THAT(split_sentences("It is 3.5 degrees. Dr. Who? Yes!", 12),
              ElementsAre("It is 3.5 degrees.", "Dr. Who?", "Yes!"));
}

TEST(SentenceSplitter, ALongFirstSentenceStartsWithAShortClause) {
  EXPECT_THAT(split_sentences("When you are done, go to the end of the long road over there, please. Then, stop.", 8),
              ElementsAre("When you are done,", "go to the end of the long road over there, please.", "Then, stop."));
}

TEST(SentenceSplitter, AShortFirstSentenceStaysWhole) {
  EXPECT_THAT(split_sentences("Yes, of course, sir.", 8), ElementsAre("Yes, of course, sir."));
}

TEST(SentenceSplitter, NothingToSayIsNoSentence) {
  EXPECT_THAT(split_sentences("", 8), IsEmpty());
  EXPECT_THAT(split_sentences(" ... ! ", 8), IsEmpty());
}

TEST(SentenceSplitter, NoPieceIsLongerThanItsBoundAndNoWordIsLost) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word" + std::to_string(i) + " ";
  std::size_t words = 0;
  for (const std::string& piece : split_sentences(text, 8)) {
    EXPECT_LE(piece.size(), piece_bytes_max);
    words += spoken_words(piece).size();
  }
  EXPECT_EQ(words, 300U);
}

TEST(SentenceSplitter, WordsAreWhatIsSpoken) {
  EXPECT_THAT(spoken_words("one - two, (three)"), ElementsAre("one", "two,", "(three)"));
}

}  // namespace
}  // namespace phalarope::hal
