#include "bench/decision_file.h"

#include "base/assert.h"

namespace dayan::bench {
namespace {

constexpr std::size_t pending_bytes = 1 << 18;
/// Decisions come faster than more than the quickest level could pack them.
constexpr int level = Z_BEST_SPEED;
constexpr int gzip_window_bits = 15 + 16;  // "+ 16": with gzip's header (zlib.h)
constexpr int memory_level = 8;            // zlib's default

}  // namespace

Result<std::unique_ptr<DecisionFile>> DecisionFile::open(const std::string& path) {
  TRY(edge::OutFile file, edge::OutFile::open(path));
  return std::unique_ptr<DecisionFile>(new DecisionFile(std::move(file), path.ends_with(".gz")));
}

DecisionFile::DecisionFile(edge::OutFile file, bool compressed)
    : file_(std::move(file)), pending_(pending_bytes), stream_(this) {
  setp(pending_.data(), pending_.data() + pending_.size());
  if (!compressed) return;
  packed_.resize(pending_bytes);
  packing_ = std::make_unique<z_stream>();
  ASSERT(deflateInit2(packing_.get(), level, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
}

DecisionFile::~DecisionFile() {
  if (packing_ != nullptr) (void)deflateEnd(packing_.get());
}

Result<void> DecisionFile::finish() {
  if (!fault_) pass_on(Z_FINISH);
  if (fault_) return fail(*std::move(fault_));
  return file_.finish();
}

DecisionFile::int_type DecisionFile::overflow(int_type next) {
  if (!fault_) pass_on(Z_NO_FLUSH);
  if (fault_) return traits_type::eof();
  if (!traits_type::eq_int_type(next, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(next);
    pbump(1);
  }
  return traits_type::not_eof(next);
}

int DecisionFile::sync() {
  if (!fault_ && packing_ == nullptr) pass_on(Z_NO_FLUSH);
  return fault_ ? -1 : 0;
}

void DecisionFile::pass_on(int flush) {
  const auto size = static_cast<std::size_t>(pptr() - pbase());
  setp(pending_.data(), pending_.data() + pending_.size());
  if (packing_ == nullptr) return write(pending_, size);
  // zlib's interface takes bytes, and only reads these.
  packing_->next_in = reinterpret_cast<Bytef*>(pending_.data());
  packing_->avail_in = static_cast<uInt>(size);
  do {
    packing_->next_out = reinterpret_cast<Bytef*>(packed_.data());
    packing_->avail_out = static_cast<uInt>(packed_.size());
    ASSERT(deflate(packing_.get(), flush) != Z_STREAM_ERROR);
    write(packed_, packed_.size() - packing_->avail_out);
  } while (packing_->avail_out == 0 && !fault_);
}

void DecisionFile::write(const std::vector<char>& bytes, std::size_t size) {
  const Result<void> written = file_.write({bytes.data(), size});
  if (!written && !fault_) fault_ = written.error();
}

}  // namespace dayan::bench
