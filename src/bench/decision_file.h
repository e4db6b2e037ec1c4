#pragma once

#include <zlib.h>

#include <memory>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "base/result.h"
#include "edge/out_file.h"

namespace dayan::bench {

/// The file to which a command writes its decisions, as a stream; compressed when its name ends in .gz. Whole or not
/// at all; a pipe or a device is written to as it is (edge::OutFile).
class DecisionFile final : private std::streambuf {
 public:
  [[nodiscard]] static Result<std::unique_ptr<DecisionFile>> open(const std::string& path);
  DecisionFile(const DecisionFile&) = delete;
  DecisionFile& operator=(const DecisionFile&) = delete;
  ~DecisionFile() override;

  /// After an error it takes no more.
  [[nodiscard]] std::ostream& stream() { return stream_; }
  /// Once, at the end: what went wrong first, if anything did.
  [[nodiscard]] Result<void> finish();

 private:
  DecisionFile(edge::OutFile file, bool compressed);

  int_type overflow(int_type next) override;
  int sync() override;
  void pass_on(int flush);
  void write(const std::vector<char>& bytes, std::size_t size);

  edge::OutFile file_;
  std::vector<char> pending_;
  std::vector<char> packed_;
  std::unique_ptr<z_stream> packing_;  ///< nothing when it is plain
  std::optional<Error> fault_;
  std::ostream stream_;
};

}  // namespace dayan::bench
