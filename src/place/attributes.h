#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/centre.h"

/// Attributes: the names that pools bear (models of cards, sets of software, regions, providers), each given a small
/// number once, so that a class of jobs asks of each name once what it would ask of thousands of pools.

namespace dayan::place {

/// Values in order of their first coming; a value keeps its number for good.
template <class Value>
class Numbered {
 public:
  std::uint32_t number_of(const Value& value) {
    const auto [found, is_new] = numbers_.try_emplace(value, static_cast<std::uint32_t>(values_.size()));
    if (is_new) values_.push_back(value);
    return found->second;
  }
  [[nodiscard]] const std::vector<Value>& values() const { return values_; }

 private:
  std::map<Value, std::uint32_t> numbers_;
  std::vector<Value> values_;
};

using SoftwareSet = std::vector<std::pair<std::string, std::string>>;  ///< name and version, in the pool's order

struct Attributes {
  Numbered<std::string> chips;
  Numbered<SoftwareSet> software;
  Numbered<std::string> regions;
  Numbered<std::string> providers;
};

}  // namespace dayan::place
