#include "adapters/slurm/access_list.h"

#include <algorithm>

namespace dayan::adapters {
namespace {

// linux/posix_acl.h, linux/posix_acl_xattr.h: all numbers are little endian, entries sorted by tag, then by user.
constexpr std::uint32_t version = 2;
constexpr std::size_t header_size = 4;
constexpr std::size_t entry_size = 8;
enum Tag : std::uint16_t { owner = 0x01, named_user = 0x02, group = 0x04, mask = 0x10, others = 0x20 };
constexpr std::uint32_t nobody_named = 0xffffffff;

void add_number(std::string& text, std::uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((number >> (8 * i)) & 0xff);
}

void add_entry(std::string& text, Tag tag, unsigned bits, std::uint32_t id) {
  add_number(text, tag, 2);
  add_number(text, bits, 2);
  add_number(text, id, 4);
}

std::uint32_t number_at(const std::string& text, std::size_t at, int bytes) {
  std::uint32_t number = 0;
  for (int i = bytes - 1; i >= 0; --i)
    number = number << 8 | static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
  return number;
}

}  // namespace

std::string AccessList::encode() const {
  std::string text;
  add_number(text, version, 4);
  add_entry(text, owner, bits, nobody_named);
  add_entry(text, named_user, bits, std::min(first, second));
  if (first != second) add_entry(text, named_user, bits, std::max(first, second));
  add_entry(text, group, 0, nobody_named);
  add_entry(text, mask, bits, nobody_named);
  add_entry(text, others, 0, nobody_named);
  return text;
}

bool names_user(const std::string& encoded, uid_t user) {
  for (std::size_t at = header_size; at + entry_size <= encoded.size(); at += entry_size) {
    if (number_at(encoded, at, 2) == named_user && number_at(encoded, at + 4, 4) == user) return true;
  }
  return false;
}

}  // namespace dayan::adapters
