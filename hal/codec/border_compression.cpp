// zlib behind the border. See border_compression.hpp.
#include "hal/codec/border_compression.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {

namespace {

constexpr std::size_t chunk_bytes = 16UL * 1024UL;

/// Ends its stream however the function ends.
class Inflater {
 public:
  explicit Inflater(std::span<const std::byte> stream) {
    // zlib reads, but its type says it might write.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(stream.data()));
    stream_.avail_in = static_cast<uInt>(stream.size());
    begun_ = inflateInit(&stream_) == Z_OK;
  }
  ~Inflater() {
    if (begun_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The next bytes; zlib's answer to them.
  int next(std::span<std::byte> into, std::size_t& written) {
    if (!begun_) return Z_STREAM_ERROR;
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    const int answer = inflate(&stream_, Z_NO_FLUSH);
    written = into.size() - stream_.avail_out;
    return answer;
  }
  bool has_input_left() const { return stream_.avail_in > 0; }

 private:
  z_stream stream_{};
  bool begun_ = false;
};

std::size_t allowed_bytes(std::size_t stream_bytes, const ExpansionBound& bound) {
  const std::size_t by_ratio = stream_bytes > bound.bytes_max / std::max<std::size_t>(1, bound.ratio_max)
                                   ? bound.bytes_max
                                   : stream_bytes * bound.ratio_max;
  return std::min(bound.bytes_max, std::max(bound.unasked_bytes, by_ratio));
}

}  // namespace

std::string_view describe(ExpansionFailure failure) noexcept {
  switch (failure) {
    case ExpansionFailure::damaged:
      return "the bytes are no zlib stream, or are cut or damaged";
    case ExpansionFailure::too_large:
      return "the stream expands beyond its bound; send smaller messages, or uncompressed";
    case ExpansionFailure::trailing_bytes:
      return "something follows the stream's end";
  }
  return "unknown";
}

std::vector<std::byte> compress(std::span<const std::byte> bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::vector<std::byte> stream(size);
  const int answer =
      compress2(reinterpret_cast<Bytef*>(stream.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                static_cast<uLong>(bytes.size()), Z_DEFAULT_COMPRESSION);
  PHAL_ENFORCE(answer == Z_OK, "compressBound() is enough for every input");
  stream.resize(size);
  return stream;
}

std::expected<std::vector<std::byte>, ExpansionFailure> expand(std::span<const std::byte> stream,
                                                               const ExpansionBound& bound) {
  if (stream.size() > std::numeric_limits<uInt>::max()) return std::unexpected(ExpansionFailure::too_large);
  const std::size_t allowed = allowed_bytes(stream.size(), bound);
  Inflater inflater(stream);
  std::vector<std::byte> bytes;
  std::array<std::byte, chunk_bytes> chunk;
  for (;;) {
    std::size_t written = 0;
    const int answer = inflater.next(chunk, written);
    if (bytes.size() + written > allowed) return std::unexpected(ExpansionFailure::too_large);
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(written));
    if (answer == Z_STREAM_END) break;
    // Without progress zlib answers Z_BUF_ERROR: the stream was cut.
    if (answer != Z_OK) return std::unexpected(ExpansionFailure::damaged);
  }
  if (inflater.has_input_left()) return std::unexpected(ExpansionFailure::trailing_bytes);
  return bytes;
}

}  // namespace phalarope::hal
