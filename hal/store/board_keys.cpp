#include "hal/store/board_keys.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/engine/base/enforce.hpp"
#include "hal/store/file_system.hpp"

namespace phalarope::hal {
namespace {

static_assert(crypto_sign_PUBLICKEYBYTES == std::tuple_size_v<PublicKey>);
static_assert(crypto_sign_BYTES == std::tuple_size_v<Signature>);
static_assert(crypto_sign_SEEDBYTES == std::tuple_size_v<BoardKeys::Secret>);

constexpr std::string_view first_line = "phalarope board key v1\n";
constexpr std::size_t chain_hash_bytes = 32;

unsigned char* octets(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* octets(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }

bool parse_hex(std::string_view hex, std::span<std::byte> bytes) noexcept {
  std::size_t length = 0;
  const char* end = nullptr;
  if (hex.size() != 2 * bytes.size()) return false;
  return sodium_hex2bin(octets(bytes.data()), bytes.size(), hex.data(), hex.size(), nullptr, &length, &end) == 0 &&
         length == bytes.size() && end == hex.data() + hex.size();
}

/// `<name> <64 hex>\n` at the start of `text`, which moves behind it.
bool take_secret(std::string_view& text, std::string_view name, BoardKeys::Secret& secret) {
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos || !text.starts_with(name)) return false;
  std::string_view line = text.substr(name.size(), line_end - name.size());
  if (!line.starts_with(' ') || !parse_hex(line.substr(1), secret)) return false;
  text.remove_prefix(line_end + 1);
  return true;
}

std::string key_path(const std::string& directory) { return directory + "/board.key"; }

std::string refused(const std::string& path, int error) {
  return "`" + path + "`: " + std::strerror(error) + "; check space and permissions of its folder";
}

Result<std::string, std::string> read_text(const std::string& path) {
  PosixFileSystem files;
  std::vector<std::byte> bytes;
  if (const int error = files.read_all(path, bytes); error != 0) return refuse(refused(path, error));
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  sodium_memzero(bytes.data(), bytes.size());
  return text;
}

std::string key_file_text(const BoardKeys::Secret& seed, const BoardKeys::Secret& wrap) {
  return std::string(first_line) + "sign " + hex_of(seed) + "\nwrap " + hex_of(wrap) + "\n";
}

BoardKeysResult make_board_keys(const std::string& directory) {
  PosixFileSystem files;
  if (const int error = files.make_directory(directory); error != 0) return refuse(refused(directory, error));
  BoardKeys::Secret seed;
  BoardKeys::Secret wrap;
  randombytes_buf(seed.data(), seed.size());
  randombytes_buf(wrap.data(), wrap.size());
  auto keys = std::make_shared<const BoardKeys>(seed, wrap);
  std::string text = key_file_text(seed, wrap);
  const int error = replace_file(files, directory, "board.key", std::as_bytes(std::span(text)));
  sodium_memzero(text.data(), text.size());
  sodium_memzero(seed.data(), seed.size());
  sodium_memzero(wrap.data(), wrap.size());
  if (error != 0) return refuse(refused(key_path(directory), error));
  const std::string half = hex_of(keys->public_key()) + "\n";
  // The public half can be had from the key again at any time, so its file is a convenience and no promise.
  static_cast<void>(replace_file(files, directory, "board.pub", std::as_bytes(std::span(half))));
  std::error_code mode_error;
  using std::filesystem::perms;
  std::filesystem::permissions(public_key_path(directory),
                               perms::owner_read | perms::owner_write | perms::group_read | perms::others_read,
                               mode_error);
  return keys;
}

}  // namespace

KeyId key_id_of(const PublicKey& key) noexcept {
  std::array<unsigned char, chain_hash_bytes> hash;
  crypto_generichash(hash.data(), hash.size(), octets(key.data()), key.size(), nullptr, 0);
  KeyId id;
  std::memcpy(id.data(), hash.data(), id.size());
  return id;
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string hex(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), octets(bytes.data()), bytes.size());
  hex.pop_back();
  return hex;
}

std::optional<PublicKey> public_key_of(std::string_view hex) noexcept {
  PublicKey key;
  return parse_hex(hex, key) ? std::optional(key) : std::nullopt;
}

Result<PublicKey, std::string> read_public_key(const std::string& file_or_hex) {
  if (const auto key = public_key_of(file_or_hex)) return *key;
  std::error_code error;
  if (!std::filesystem::exists(file_or_hex, error)) {
    return refuse("`" + file_or_hex +
                  "` is neither a file nor a public key (64 hex digits); `phalarope evidence keys` " +
                  "on the board writes one");
  }
  const auto text = read_text(file_or_hex);
  if (!text) return refuse(text.error());
  const auto key = public_key_of(std::string_view(*text).substr(0, text->find_first_of(" \t\r\n")));
  if (key) return *key;
  return refuse("`" + file_or_hex + "`:1: expected 64 hex digits of an Ed25519 public key; `phalarope evidence keys` " +
                "on the board writes such a file");
}

BoardKeys::BoardKeys(const Secret& sign_seed, const Secret& wrap_key) noexcept : wrap_key_(wrap_key) {
  PHAL_ENFORCE(sodium_init() >= 0, "libsodium finds no source of randomness");
  crypto_sign_seed_keypair(octets(public_key_.data()), octets(signing_key_.data()), octets(sign_seed.data()));
}

BoardKeys::~BoardKeys() {
  sodium_memzero(signing_key_.data(), signing_key_.size());
  sodium_memzero(wrap_key_.data(), wrap_key_.size());
}

Signature BoardKeys::sign(std::span<const std::byte> message) const noexcept {
  Signature signature;
  crypto_sign_detached(octets(signature.data()), nullptr, octets(message.data()), message.size(),
                       octets(signing_key_.data()));
  return signature;
}

bool signature_holds(const PublicKey& key, std::span<const std::byte> message,
                     std::span<const std::byte> signature) noexcept {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(octets(signature.data()), octets(message.data()), message.size(),
                                     octets(key.data())) == 0;
}

BoardKeysResult parse_board_keys(std::string_view text) {
  BoardKeys::Secret seed;
  BoardKeys::Secret wrap;
  if (!text.starts_with(first_line)) return refuse(std::string("1: it is no board key of version 1"));
  text.remove_prefix(first_line.size());
  if (!take_secret(text, "sign", seed)) return refuse(std::string("2: expected `sign` and 64 hex digits"));
  if (!take_secret(text, "wrap", wrap)) return refuse(std::string("3: expected `wrap` and 64 hex digits"));
  if (!text.empty()) return refuse(std::string("4: something follows the keys"));
  return std::make_shared<const BoardKeys>(seed, wrap);
}

BoardKeysResult read_board_keys(const std::string& directory) {
  const std::string path = key_path(directory);
  std::error_code error;
  const auto mode = std::filesystem::status(path, error).permissions();
  using std::filesystem::perms;
  if (!error && (mode & (perms::group_all | perms::others_all)) != perms::none)
    return refuse("`" + path + "` may be read by others; chmod 600 " + path);
  auto text = read_text(path);
  if (!text) return refuse(text.error());
  auto keys = parse_board_keys(*text);
  sodium_memzero(text->data(), text->size());
  if (keys) return keys;
  return refuse("`" + path + "`:" + keys.error() + "; put the board's key back from its copy, or move the file away " +
                "for a new one (older recordings then need the older public key)");
}

BoardKeysResult read_or_make_board_keys(const std::string& directory) {
  std::error_code error;
  // Whatever lies there is read or refused: only a name that does not exist is free for a new key.
  if (std::filesystem::symlink_status(key_path(directory), error).type() != std::filesystem::file_type::not_found)
    return read_board_keys(directory);
  return make_board_keys(directory);
}

std::string public_key_path(const std::string& directory) { return directory + "/board.pub"; }

}  // namespace phalarope::hal
