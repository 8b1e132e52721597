// The real file system behind the port: what it answers for good and bad calls.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "hal/store/file_system.hpp"

namespace phalarope::hal {
namespace {

class PosixFileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(root_), nullptr); }
  void TearDown() override {
    std::vector<std::string> names;
    sut_.list(directory(), names);
    for (const auto& name : names) sut_.remove(directory() + "/" + name);
    ::rmdir(directory().c_str());
    ::rmdir((std::string(root_) + "/a").c_str());
    ::rmdir(root_);
  }
  std::string directory() const { return std::string(root_) + "/a/b"; }
  char root_[32] = "/tmp/phalarope-store-XXXXXX";
  PosixFileSystem sut_;
};

TEST_F(PosixFileSystemTest, WritesReadsListsRenamesAndRemoves) {
  ASSERT_EQ(sut_.make_directory(directory()), 0);
  ASSERT_EQ(sut_.make_directory(directory()), 0) << "an existing one is success";
  const std::string path = directory() + "/x";
  std::unique_ptr<WritableFile> file;
  ASSERT_EQ(sut_.open_for_writing(path, file), 0);
  ASSERT_EQ(file->preallocate(8192), 0);
  const std::vector<std::byte> bytes(100, std::byte{7});
  std::size_t written = 0;
  ASSERT_EQ(file->write_at(50, bytes, written), 0);
  EXPECT_EQ(written, 100U);
  file->start_writeback(0, 8192);
  ASSERT_EQ(file->truncate(150), 0);
  ASSERT_EQ(file->sync_data(), 0);
  std::uint64_t size_bytes = 0;
  ASSERT_EQ(sut_.file_size(path, size_bytes), 0);
  EXPECT_EQ(size_bytes, 150U);
  ASSERT_EQ(sut_.rename(path, directory() + "/y"), 0);
  ASSERT_EQ(sut_.sync_directory(directory()), 0);
  std::vector<std::string> names;
  ASSERT_EQ(sut_.list(directory(), names), 0);
  EXPECT_EQ(names, std::vector<std::string>{"y"});
  std::vector<std::byte> read;
  ASSERT_EQ(sut_.read_all(directory() + "/y", read), 0);
  ASSERT_EQ(read.size(), 150U);
  EXPECT_EQ(read[49], std::byte{0});
  EXPECT_EQ(read[50], std::byte{7});
}

TEST_F(PosixFileSystemTest, AHardLinkIsSeen) {
  ASSERT_EQ(sut_.make_directory(directory()), 0);
  const std::string path = directory() + "/x";
  EXPECT_FALSE(sut_.has_one_name(path)) << "what is not there is not known";
  std::unique_ptr<WritableFile> file;
  ASSERT_EQ(sut_.open_for_writing(path, file), 0);
  EXPECT_TRUE(sut_.has_one_name(path));
  ASSERT_EQ(::link(path.c_str(), (directory() + "/y").c_str()), 0);
  EXPECT_FALSE(sut_.has_one_name(path));
}

TEST_F(PosixFileSystemTest, OpeningDoesNotTruncate) {
  ASSERT_EQ(sut_.make_directory(directory()), 0);
  for (int i = 0; i < 2; ++i) {
    std::unique_ptr<WritableFile> file;
    ASSERT_EQ(sut_.open_for_writing(directory() + "/x", file), 0);
    std::size_t written = 0;
    const std::byte one[1] = {std::byte{1}};
    ASSERT_EQ(file->write_at(i == 0 ? 10 : 0, one, written), 0);
  }
  std::vector<std::byte> read;
  ASSERT_EQ(sut_.read_all(directory() + "/x", read), 0);
  EXPECT_EQ(read.size(), 11U);
}

TEST_F(PosixFileSystemTest, FailuresAreErrnoValues) {
  std::vector<std::byte> bytes;
  std::vector<std::string> names;
  std::unique_ptr<WritableFile> file;
  std::uint64_t size_bytes = 0;
  const std::string missing = directory() + "/missing";
  EXPECT_EQ(sut_.read_all(missing, bytes), ENOENT);
  EXPECT_EQ(sut_.read_all(root_, bytes), EISDIR);
  EXPECT_EQ(sut_.list(missing, names), ENOENT);
  EXPECT_EQ(sut_.open_for_writing(missing, file), ENOENT);
  EXPECT_EQ(sut_.file_size(missing, size_bytes), ENOENT);
  EXPECT_EQ(sut_.remove(missing), ENOENT);
  EXPECT_EQ(sut_.rename(missing, missing + "x"), ENOENT);
  EXPECT_EQ(sut_.sync_directory(missing), ENOENT);
  EXPECT_EQ(sut_.make_directory("/proc/nowhere"), ENOENT);
}

}  // namespace
}  // namespace phalarope::hal
