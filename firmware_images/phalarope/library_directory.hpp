// The directory of a chain library, read whole: the one place of the program that opens its files.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/library/library_files.hpp"

namespace phalarope::program {

/// Everything below methods/, chains/, meta/ and templates/. A file that cannot be read is there without its text.
library::LibraryFiles read_library_directory(const std::string& directory);

/// The library that was named, else the shipped one; a sentence when there is none.
std::expected<std::string, std::string> library_path(const std::string& named);

/// One after the other, through a temporary name, so that a file is the old one or the new one.
std::expected<void, std::string> write_text_file(const std::string& path, const std::string& text);

}  // namespace phalarope::program
