#include "edge/signing.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "edge/random.h"

namespace dayan::edge {

namespace {

static_assert(crypto_sign_SEEDBYTES == 32 && crypto_sign_SECRETKEYBYTES == 64);

/// The file holds the seed as hexadecimal digits and a line end.
constexpr std::size_t file_size = 2 * crypto_sign_SEEDBYTES + 1;

void require_sodium() {
  static const bool ready = sodium_init() >= 0;
  ASSERT(ready);
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text(2 * size + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

template <std::size_t Size>
bool unhex(std::string_view text, std::array<unsigned char, Size>& bytes) {
  if (text.size() != 2 * Size || text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  std::size_t written = 0;
  return sodium_hex2bin(bytes.data(), Size, text.data(), text.size(), nullptr, &written, nullptr) == 0 &&
         written == Size;
}

tl::unexpected<Error> file_fault(const std::string& path, const char* what) {
  return fail(ErrorCode::unavailable, "the key file " + path + " cannot be " + what + ": " + std::strerror(errno));
}

Result<void> check_owner(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return file_fault(path, "looked at");
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::denied, "the key file " + path + " is not a regular file", "name a regular file");
  }
  if (status.st_uid != ::geteuid()) {
    return fail(ErrorCode::denied, "the key file " + path + " belongs to another user",
                "run as its owner, or name another file");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorCode::denied, "the key file " + path + " is open to other users, so the key may be known",
                "remove it and enrol a new key; if nobody can have read it: chmod 600 " + path);
  }
  return {};
}

bool write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(descriptor) == 0;
}

/// A new name survives a power cut only when its folder has been synced too.
void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.value() >= 0) ::fsync(descriptor.value());
}

}  // namespace

SigningKey::SigningKey(const Seed& seed) {
  require_sodium();
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_bytes{};
  crypto_sign_seed_keypair(public_bytes.data(), secret_.data(), seed.data());
}

SigningKey::SigningKey(SigningKey&& other) noexcept : secret_(other.secret_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}

SigningKey& SigningKey::operator=(SigningKey&& other) noexcept {
  std::swap(secret_, other.secret_);
  return *this;
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

SigningKey SigningKey::make() {
  require_sodium();
  Seed seed;
  randombytes_buf(seed.data(), seed.size());
  SigningKey key(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

Result<SigningKey> SigningKey::load_or_create(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return file_fault(path, "looked at");
    TRY_VOID(create(path));
  }
  return load(path);
}

Result<SigningKey> SigningKey::load(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.value() < 0) return file_fault(path, "opened");
  TRY_VOID(check_owner(file.value(), path));
  std::array<char, file_size + 1> text{};
  const ssize_t size = ::read(file.value(), text.data(), text.size());
  if (size < 0) return file_fault(path, "read");
  Seed seed{};
  const bool whole = size == static_cast<ssize_t>(file_size) && text[file_size - 1] == '\n' &&
                     unhex(std::string_view(text.data(), file_size - 1), seed);
  sodium_memzero(text.data(), text.size());
  if (!whole) {
    return fail(ErrorCode::corrupt, "the key file " + path + " does not hold a key",
                "restore it from a copy, or remove it and enrol a new key");
  }
  SigningKey key(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

Result<void> SigningKey::create(const std::string& path) {
  // Written under another name and then linked: the file is whole or not there, and never replaces one.
  require_sodium();
  const std::string draft = path + ".new-" + std::to_string(random_seed());
  Seed seed;
  randombytes_buf(seed.data(), seed.size());
  std::string text = hex(seed.data(), seed.size()) + '\n';
  sodium_memzero(seed.data(), seed.size());
  const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.value() < 0) return file_fault(path, "created");
  const bool written = write_whole(file.value(), text);
  sodium_memzero(text.data(), text.size());
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(draft.c_str());
  errno = error;
  if (!linked) return file_fault(path, "written");
  sync_folder_of(path);
  return {};
}

std::string SigningKey::public_key() const {
  // libsodium keeps the public key in the second half of the secret one.
  return hex(secret_.data() + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES);
}

std::string SigningKey::sign(std::string_view message) const {
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size(), secret_.data());
  return hex(signature.data(), signature.size());
}

bool verify_signature(std::string_view message, std::string_view signature, std::string_view public_key) {
  require_sodium();
  std::array<unsigned char, crypto_sign_BYTES> signature_bytes{};
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key_bytes{};
  if (!unhex(signature, signature_bytes) || !unhex(public_key, key_bytes)) return false;
  return crypto_sign_verify_detached(signature_bytes.data(), reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size(), key_bytes.data()) == 0;
}

}  // namespace dayan::edge
