#include "hal/store/content_keys.hpp"

#include <sodium.h>

#include <cerrno>
#include <cstring>

#include "core/engine/base/crc32c.hpp"
#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"

namespace phalarope::hal {
namespace {

constexpr char key_file_magic[8] = {'P', 'H', 'A', 'L', 'K', 'E', 'Y', '1'};
constexpr std::size_t head_bytes = 24;
constexpr std::size_t entry_bytes = 80;
constexpr std::size_t entry_nonce_offset = 8;
constexpr std::size_t entry_key_offset = 32;
constexpr std::size_t crc_offset = head_bytes + sealed_contents * entry_bytes;
constexpr std::size_t key_file_bytes = crc_offset + sizeof(std::uint32_t);
constexpr std::size_t wrapped_key_bytes = sizeof(BoardKeys::Secret) + seal_bytes;
static_assert(entry_key_offset + wrapped_key_bytes == entry_bytes && key_file_bytes == 188);
static_assert(seal_bytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(sizeof(BoardKeys::Secret) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

using Nonce = std::array<std::byte, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;
using KeyFile = std::array<std::byte, key_file_bytes>;
using Beside = std::array<std::byte, head_bytes + 1>;

constexpr std::array<PayloadClass, sealed_contents> classes = {PayloadClass::text_raw, PayloadClass::audio_raw};

unsigned char* octets(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* octets(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }

/// `out` has room for the plain bytes and the seal.
void seal_bytes_into(std::byte* out, std::span<const std::byte> plain, std::span<const std::byte> beside,
                     const Nonce& nonce, const BoardKeys::Secret& key) {
  crypto_aead_xchacha20poly1305_ietf_encrypt(octets(out), nullptr, octets(plain.data()), plain.size(),
                                             octets(beside.data()), beside.size(), nullptr, octets(nonce.data()),
                                             octets(key.data()));
}

/// `out` has room for the sealed bytes less the seal.
bool open_bytes_into(std::byte* out, std::span<const std::byte> sealed, std::span<const std::byte> beside,
                     const Nonce& nonce, const BoardKeys::Secret& key) {
  return sealed.size() >= seal_bytes &&
         crypto_aead_xchacha20poly1305_ietf_decrypt(octets(out), nullptr, nullptr, octets(sealed.data()), sealed.size(),
                                                    octets(beside.data()), beside.size(), octets(nonce.data()),
                                                    octets(key.data())) == 0;
}

Beside beside_of(const KeyFile& file, std::size_t index) {
  Beside beside;
  std::memcpy(beside.data(), file.data(), head_bytes);
  beside.back() = static_cast<std::byte>(classes[index]);
  return beside;
}

std::span<std::byte, entry_bytes> entry_of(KeyFile& file, std::size_t index) {
  return std::span<std::byte, entry_bytes>(file.data() + head_bytes + index * entry_bytes, entry_bytes);
}

void set_crc(KeyFile& file) {
  const std::uint32_t crc = crc32c(std::span(file).first(crc_offset));
  std::memcpy(file.data() + crc_offset, &crc, sizeof crc);
}

int read_key_file(FileSystem& files, const std::string& path, KeyFile& file) {
  std::vector<std::byte> bytes;
  if (const int error = files.read_all(path, bytes); error != 0) return error;
  if (bytes.size() != file.size() || std::memcmp(bytes.data(), key_file_magic, sizeof key_file_magic) != 0)
    return EBADMSG;
  std::memcpy(file.data(), bytes.data(), file.size());
  std::uint32_t crc = 0;
  std::memcpy(&crc, file.data() + crc_offset, sizeof crc);
  return crc == crc32c(std::span(file).first(crc_offset)) ? 0 : EBADMSG;
}

Nonce nonce_of(std::uint64_t sequence) {
  Nonce nonce{};
  std::memcpy(nonce.data(), &sequence, sizeof sequence);
  return nonce;
}

using RecordBeside = std::array<std::byte, sizeof(SegmentSalt) + sizeof(RecordType)>;
RecordBeside record_beside(const SegmentSalt& salt, RecordType type) {
  RecordBeside beside;
  std::memcpy(beside.data(), salt.data(), salt.size());
  std::memcpy(beside.data() + salt.size(), &type, sizeof type);
  return beside;
}

}  // namespace

std::optional<SealedContent> sealed_content_of(RecordType type) noexcept {
  if (type == RecordType::text) return SealedContent::text;
  if (type == RecordType::audio) return SealedContent::audio;
  return std::nullopt;
}

ContentKeys::~ContentKeys() {
  for (Entry& entry : entries_) {
    if (entry.key) sodium_memzero(entry.key->data(), entry.key->size());
  }
}

int ContentKeys::make(FileSystem& files, const std::string& directory, std::uint64_t segment_number,
                      const SegmentSalt& salt, const BoardKeys& board, std::unique_ptr<ContentKeys>& keys) {
  std::unique_ptr<ContentKeys> made(new ContentKeys);
  made->salt_ = salt;
  KeyFile file{};
  std::memcpy(file.data(), key_file_magic, sizeof key_file_magic);
  std::memcpy(file.data() + sizeof key_file_magic, salt.data(), salt.size());
  for (std::size_t i = 0; i < sealed_contents; ++i) {
    auto& key = made->entries_[i].key.emplace();
    made->entries_[i].state = KeyState::live;
    randombytes_buf(key.data(), key.size());
    Nonce nonce;
    randombytes_buf(nonce.data(), nonce.size());
    const auto entry = entry_of(file, i);
    entry[0] = static_cast<std::byte>(KeyState::live);
    entry[1] = static_cast<std::byte>(classes[i]);
    std::memcpy(entry.data() + entry_nonce_offset, nonce.data(), nonce.size());
    seal_bytes_into(entry.data() + entry_key_offset, key, beside_of(file, i), nonce, board.wrap_key());
  }
  set_crc(file);
  if (const int error = replace_file(files, directory, content_key_file_name(segment_number), file); error != 0)
    return error;
  keys = std::move(made);
  return 0;
}

std::unique_ptr<ContentKeys> ContentKeys::read(FileSystem& files, const std::string& directory,
                                               std::uint64_t segment_number, const SegmentSalt& salt,
                                               const BoardKeys* board) {
  KeyFile file;
  if (read_key_file(files, directory + "/" + content_key_file_name(segment_number), file) != 0) return nullptr;
  if (std::memcmp(file.data() + sizeof key_file_magic, salt.data(), salt.size()) != 0) return nullptr;
  std::unique_ptr<ContentKeys> keys(new ContentKeys);
  keys->salt_ = salt;
  for (std::size_t i = 0; i < sealed_contents; ++i) {
    const auto entry = entry_of(file, i);
    keys->entries_[i].state = entry[0] == static_cast<std::byte>(KeyState::live) ? KeyState::live : KeyState::destroyed;
    if (board == nullptr || keys->entries_[i].state != KeyState::live) continue;
    Nonce nonce;
    std::memcpy(nonce.data(), entry.data() + entry_nonce_offset, nonce.size());
    BoardKeys::Secret key;
    if (open_bytes_into(key.data(), entry.subspan(entry_key_offset), beside_of(file, i), nonce, board->wrap_key()))
      keys->entries_[i].key = key;
    sodium_memzero(key.data(), key.size());
  }
  return keys;
}

void ContentKeys::seal(RecordType type, std::uint64_t sequence, std::span<const std::byte> plain,
                       std::vector<std::byte>& sealed) const {
  const auto content = sealed_content_of(type);
  PHAL_ENFORCE(content.has_value(), "only content is sealed");
  const auto& key = entries_[static_cast<std::size_t>(*content)].key;
  PHAL_ENFORCE(key.has_value(), "who seals made the keys");
  sealed.resize(plain.size() + seal_bytes);
  seal_bytes_into(sealed.data(), plain, record_beside(salt_, type), nonce_of(sequence), *key);
}

bool ContentKeys::open(RecordType type, std::uint64_t sequence, std::span<const std::byte> sealed,
                       std::vector<std::byte>& plain) const {
  const auto content = sealed_content_of(type);
  if (!content || sealed.size() < seal_bytes) return false;
  const auto& key = entries_[static_cast<std::size_t>(*content)].key;
  if (!key) return false;
  plain.resize(sealed.size() - seal_bytes);
  return open_bytes_into(plain.data(), sealed, record_beside(salt_, type), nonce_of(sequence), *key);
}

int destroy_content_key(FileSystem& files, const std::string& directory, std::uint64_t segment_number,
                        SealedContent content) {
  const std::string name = content_key_file_name(segment_number);
  KeyFile file;
  if (const int error = read_key_file(files, directory + "/" + name, file); error != 0) return error;
  const auto entry = entry_of(file, static_cast<std::size_t>(content));
  entry[0] = static_cast<std::byte>(KeyState::destroyed);
  std::memset(entry.data() + entry_nonce_offset, 0, entry_bytes - entry_nonce_offset);
  set_crc(file);
  return replace_file(files, directory, name, file);
}

std::string content_key_file_name(std::uint64_t segment_number) {
  const std::string name = segment_file_name(segment_number);
  return name.substr(0, name.rfind('.')) + ".keys";
}

void remove_content_keys(FileSystem& files, const std::string& directory, const std::string& name) {
  const auto number = segment_number_of(name);
  std::uint64_t size_bytes = 0;
  if (!number) return;
  const std::string path = directory + "/" + content_key_file_name(*number);
  if (files.file_size(path, size_bytes) == 0) static_cast<void>(files.remove(path));
}

int remove_segment(FileSystem& files, const std::string& directory, const std::string& name) {
  // The keys first: content whose segment goes must not outlive it by a power cut in between.
  remove_content_keys(files, directory, name);
  return files.remove(directory + "/" + name);
}

}  // namespace phalarope::hal
