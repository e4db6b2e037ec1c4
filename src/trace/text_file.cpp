#include "trace/text_file.h"

#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace dayan::trace {
namespace {

constexpr std::size_t chunk_bytes = 1 << 18;

struct Close {
  void operator()(gzFile_s* file) const { (void)gzclose(file); }
};

}  // namespace

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return fail(ErrorCode::not_found, "'" + path + "' cannot be read: " + std::strerror(errno), "the path of a file");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid, "'" + path + "' is not a file", "the path of a file");
  // gzread passes a file through that is not compressed.
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) return fail(ErrorCode::not_found, "'" + path + "' cannot be opened", "a file that may be read");
  std::string text;
  std::array<char, chunk_bytes> chunk{};
  for (;;) {
    const int got = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    if (got < 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > bytes_max)
      return fail(ErrorCode::exhausted, "'" + path + "' holds more than " + std::to_string(bytes_max) + " bytes",
                  "a smaller file");
    if (static_cast<std::size_t>(got) < chunk.size()) break;
  }
  int code = Z_OK;
  (void)gzerror(file.get(), &code);
  if (code != Z_OK) return fail(ErrorCode::corrupt, "'" + path + "' is damaged or cut off", "the whole file");
  return text;
}

Faults in_file(Faults faults, const std::string& path) {
  for (Error& fault : faults) fault.field = path + (fault.field.empty() ? "" : ": " + fault.field);
  return faults;
}

Error error_in_file(Faults faults, const std::string& path) {
  ASSERT(!faults.empty());
  faults = in_file(std::move(faults), path);
  for (std::size_t i = 1; i < faults.size(); ++i) faults.front().right += '\n' + to_text(faults[i]);
  return std::move(faults.front());
}

}  // namespace dayan::trace
