// A board's keys: made once, read back the same, never overwritten, never readable by others.
#include "hal/store/board_keys.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "hal/store/file_system.hpp"
#include "tests/fault/evidence/memory_disk.hpp"

namespace phalarope::testing {
namespace {

namespace fs = std::filesystem;

class BoardKeysFile : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& text) {
    fs::create_directories(folder_);
    std::ofstream(key_) << text;
    fs::permissions(key_, fs::perms::owner_read | fs::perms::owner_write);
  }
  const std::string folder_ = (fs::temp_directory_path() /
                               ("phalarope-keys-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                                ::testing::UnitTest::GetInstance()->current_test_info()->name()))
                                  .string();
  const std::string key_ = folder_ + "/board.key";
};

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST_F(BoardKeysFile, TheFirstStartMakesThemAndTheNextReadsTheSame) {
  const auto made = hal::read_or_make_board_keys(folder_);
  ASSERT_TRUE(made) << made.error();
  const auto read = hal::read_or_make_board_keys(folder_);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ((*made)->public_key(), (*read)->public_key());
  EXPECT_EQ((*made)->wrap_key(), (*read)->wrap_key());
  using fs::perms;
  EXPECT_EQ(fs::status(key_).permissions(), perms::owner_read | perms::owner_write);
  const auto half = hal::read_public_key(hal::public_key_path(folder_));
  ASSERT_TRUE(half) << half.error();
  EXPECT_EQ(*half, (*made)->public_key());
}

TEST_F(BoardKeysFile, OneThatOthersMayReadIsRefused) {
  ASSERT_TRUE(hal::read_or_make_board_keys(folder_));
  fs::permissions(key_, fs::perms::group_read, fs::perm_options::add);
  const auto read = hal::read_or_make_board_keys(folder_);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().find("chmod 600"), std::string::npos);
}

TEST_F(BoardKeysFile, AForeignFileIsRefusedAndStaysAsItIs) {
  write("not a key\n");
  ASSERT_FALSE(hal::read_or_make_board_keys(folder_));
  EXPECT_EQ(fs::file_size(key_), 10U);
}

TEST_F(BoardKeysFile, AFolderThatCannotBeMadeIsAnErrorWithItsName) {
  const auto made = hal::read_or_make_board_keys("/proc/phalarope/keys");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().find("/proc/phalarope"), std::string::npos);
}

TEST(BoardKeysText, EveryDefectIsNamedWithItsLine) {
  const std::string hex(64, 'a');
  const auto error_of = [](const std::string& text) {
    const auto keys = hal::parse_board_keys(text);
    return keys ? std::string() : keys.error();
  };
  const std::string head = "phalarope board key v1\n";
  EXPECT_EQ(error_of(head + "sign " + hex + "\nwrap " + hex + "\n"), "");
  EXPECT_TRUE(error_of("phalarope board key v2\n").starts_with("1:"));
  EXPECT_TRUE(error_of(head + "sign " + hex.substr(1) + "\nwrap " + hex + "\n").starts_with("2:"));
  EXPECT_TRUE(error_of(head + "sign " + hex + "\n").starts_with("3:"));
  EXPECT_TRUE(error_of(head + "sign " + hex + "\nwrap " + std::string(64, 'g') + "\n").starts_with("3:"));
  EXPECT_TRUE(error_of(head + "sign " + hex + "\nwrap " + hex + "\nmore").starts_with("4:"));
}

// RFC 8032, 7.1, test 1 and test 2: what another Ed25519 says too.
TEST(BoardKeys, TheSignatureIsEd25519) {
  struct Vector {
    const char* seed;
    const char* key;
    std::string message;
    const char* signature;
  };
  const Vector vectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                             "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
                             "cf9b46bd25bf5f0595bbe2465"
                             "5141438e7a100b"},
                            {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
                             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
                             "0f11d8c387b2eaeb4302aeeb0"
                             "0d291612bb0c00"}};
  for (const Vector& vector : vectors) {
    const hal::BoardKeys keys(*hal::public_key_of(vector.seed), {});
    EXPECT_EQ(hal::hex_of(keys.public_key()), vector.key);
    const auto message = bytes_of(vector.message);
    const hal::Signature signature = keys.sign(message);
    EXPECT_EQ(hal::hex_of(signature), vector.signature);
    EXPECT_TRUE(hal::signature_holds(keys.public_key(), message, signature));
    auto bent = signature;
    bent[5] ^= std::byte{1};
    EXPECT_FALSE(hal::signature_holds(keys.public_key(), message, bent));
  }
}

TEST(PublicKeyText, IsAFileOrSixtyFourHexDigits) {
  EXPECT_TRUE(hal::read_public_key(std::string(64, '0')));
  EXPECT_FALSE(hal::read_public_key(std::string(63, '0')));
  EXPECT_FALSE(hal::read_public_key("/nonexistent/board.pub"));
  EXPECT_FALSE(hal::read_public_key("/proc/version"));
}

TEST(ReplaceFile, APowerCutLeavesTheOldOrTheNewWhole) {
  const auto old_bytes = bytes_of(std::string(3000, 'o'));
  const auto new_bytes = bytes_of(std::string(1000, 'n'));
  for (std::uint64_t cut = 0; cut < 12; ++cut) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      MemoryDisk disk;
      ASSERT_EQ(hal::replace_file(disk, "/keys", "file", old_bytes), 0);
      disk.calls = 0;
      disk.fault = [cut](MemoryDisk::Call, std::uint64_t number) { return number >= cut ? EIO : 0; };
      const bool done = hal::replace_file(disk, "/keys", "file", new_bytes) == 0;
      std::mt19937_64 random(seed);
      MemoryDisk after = disk.power_cut(random);
      std::vector<std::byte> found;
      ASSERT_EQ(after.read_all("/keys/file", found), 0) << cut;
      EXPECT_TRUE(found == new_bytes || (!done && found == old_bytes)) << "cut at call " << cut;
    }
  }
}

}  // namespace
}  // namespace phalarope::testing
