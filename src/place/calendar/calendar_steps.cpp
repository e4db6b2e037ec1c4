#include <algorithm>

#include "base/assert.h"
#include "place/calendar/calendar.h"

/// How the steps of a calendar come into its tree and leave it.

namespace dayan::place {
namespace {

template <class T>
void open_gap(T* values, std::uint32_t count, std::uint32_t at) {
  std::copy_backward(values + at, values + count, values + count + 1);
}

template <class T>
void close_gap(T* values, std::uint32_t count, std::uint32_t at) {
  std::copy(values + at + 1, values + count, values + at);
}

}  // namespace

std::uint32_t Calendar::index_of(const std::int64_t* times, std::uint32_t count, std::int64_t time) {
  // Halving without branches that depend on the data: the first `count` - `size` are known to begin early enough.
  const std::int64_t* first = times;
  for (std::uint32_t size = count; size > 1;) {
    const std::uint32_t half = size / 2;
    first = first[half] <= time ? first + half : first;
    size -= half;
  }
  return static_cast<std::uint32_t>(first - times);
}

bool Calendar::insert_step(std::int64_t time) {
  if (count_of(root_, height_) == width) grow_root();
  std::uint32_t node = root_;
  for (std::uint32_t height = height_; height > 0; --height) {
    // A full child is split on the way down, so that there is room for whatever splits below it.
    Branch* branch = &branches_[node];
    std::uint32_t i = index_of(branch->time, branch->count, time);
    if (count_of(branch->child[i], height - 1) == width) {
      split_child(*branch, i, height);
      branch = &branches_[node];  // a new branch may have moved it
      if (branch->time[i + 1] <= time) ++i;
    }
    node = branch->child[i];
  }
  Leaf& leaf = leaves_[node];
  const std::uint32_t i = index_of(leaf.time, leaf.count, time);
  if (leaf.time[i] == time) return false;
  open_gap(leaf.time, leaf.count, i + 1);
  open_gap(leaf.level, leaf.count, i + 1);
  leaf.time[i + 1] = time;
  leaf.level[i + 1] = leaf.level[i];
  ++leaf.count;
  ++steps_;
  return true;
}

void Calendar::drop_idle_step(std::int64_t time) {
  if (time == ever || free_at(UnixTime(time)) != free_at(UnixTime(time - 1))) return;
  erase_step(root_, height_, time);
  --steps_;
  shrink_root();
}

void Calendar::erase_step(std::uint32_t node, std::uint32_t height, std::int64_t time) {
  if (height == 0) {
    Leaf& leaf = leaves_[node];
    const std::uint32_t i = index_of(leaf.time, leaf.count, time);
    ASSERT(leaf.time[i] == time);
    close_gap(leaf.time, leaf.count, i);
    close_gap(leaf.level, leaf.count, i);
    --leaf.count;
    return;
  }
  Branch& branch = branches_[node];
  const std::uint32_t i = index_of(branch.time, branch.count, time);
  const std::uint32_t child = branch.child[i];
  erase_step(child, height - 1, time);
  if (count_of(child, height - 1) > 0) {
    note_child(branch, i, height);
    const std::uint32_t left = i + 1 < branch.count ? i : i - 1;
    if (branch.count > 1 &&
        count_of(branch.child[left], height - 1) + count_of(branch.child[left + 1], height - 1) <= width / 2)
      merge_children(branch, left, height);
    return;
  }
  (height == 1 ? spare_leaves_ : spare_branches_).push_back(child);
  close_gap(branch.child, branch.count, i);
  close_gap(branch.time, branch.count, i);
  close_gap(branch.low, branch.count, i);
  close_gap(branch.high, branch.count, i);
  close_gap(branch.added, branch.count, i);
  --branch.count;
}

void Calendar::split_child(Branch& parent, std::uint32_t index, std::uint32_t height) {
  constexpr std::uint32_t half = width / 2;
  const std::uint32_t left = parent.child[index];
  open_gap(parent.child, parent.count, index + 1);
  open_gap(parent.time, parent.count, index + 1);
  open_gap(parent.low, parent.count, index + 1);
  open_gap(parent.high, parent.count, index + 1);
  open_gap(parent.added, parent.count, index + 1);
  ++parent.count;
  parent.added[index + 1] = parent.added[index];
  if (height == 1) {
    const std::uint32_t right = new_leaf();
    leaves_[right] = leaves_[left];
    Leaf& to = leaves_[right];
    std::copy(to.time + half, to.time + width, to.time);
    std::copy(to.level + half, to.level + width, to.level);
    leaves_[left].count = half;
    to.count = width - half;
    parent.child[index + 1] = right;
    note_child(parent, index, height);
    note_child(parent, index + 1, height);
    return;
  }
  // `parent` lives in branches_, which may move when it grows.
  const std::size_t parent_at = static_cast<std::size_t>(&parent - branches_.data());
  const std::uint32_t right = new_branch();
  branches_[right] = branches_[left];
  Branch& to = branches_[right];
  std::copy(to.child + half, to.child + width, to.child);
  std::copy(to.time + half, to.time + width, to.time);
  std::copy(to.low + half, to.low + width, to.low);
  std::copy(to.high + half, to.high + width, to.high);
  std::copy(to.added + half, to.added + width, to.added);
  branches_[left].count = half;
  to.count = width - half;
  Branch& grown = branches_[parent_at];
  grown.child[index + 1] = right;
  note_child(grown, index, height);
  note_child(grown, index + 1, height);
}

void Calendar::merge_children(Branch& parent, std::uint32_t index, std::uint32_t height) {
  const std::uint32_t left = parent.child[index];
  const std::uint32_t right = parent.child[index + 1];
  const std::int64_t shift = parent.added[index + 1] - parent.added[index];
  if (height == 1) {
    Leaf& to = leaves_[left];
    const Leaf& from = leaves_[right];
    for (std::uint32_t i = 0; i < from.count; ++i, ++to.count) {
      to.time[to.count] = from.time[i];
      to.level[to.count] = from.level[i] + shift;
    }
    spare_leaves_.push_back(right);
  } else {
    Branch& to = branches_[left];
    const Branch& from = branches_[right];
    for (std::uint32_t i = 0; i < from.count; ++i, ++to.count) {
      to.child[to.count] = from.child[i];
      to.time[to.count] = from.time[i];
      to.low[to.count] = from.low[i] + shift;
      to.high[to.count] = from.high[i] + shift;
      to.added[to.count] = from.added[i] + shift;
    }
    spare_branches_.push_back(right);
  }
  close_gap(parent.child, parent.count, index + 1);
  close_gap(parent.time, parent.count, index + 1);
  close_gap(parent.low, parent.count, index + 1);
  close_gap(parent.high, parent.count, index + 1);
  close_gap(parent.added, parent.count, index + 1);
  --parent.count;
  note_child(parent, index, height);
}

void Calendar::grow_root() {
  const std::uint32_t old = root_;
  root_ = new_branch();
  Branch& branch = branches_[root_];
  branch.count = 1;
  branch.child[0] = old;
  branch.added[0] = 0;
  ++height_;
  note_child(branch, 0, height_);
}

void Calendar::shrink_root() {
  while (height_ > 0 && branches_[root_].count == 1) {
    const std::uint32_t only = branches_[root_].child[0];
    const std::int64_t added = branches_[root_].added[0];
    spare_branches_.push_back(root_);
    root_ = only;
    --height_;
    for (std::uint32_t i = 0, count = count_of(root_, height_); i < count; ++i) {
      if (height_ == 0) {
        leaves_[root_].level[i] += added;
      } else {
        branches_[root_].added[i] += added;
        branches_[root_].low[i] += added;
        branches_[root_].high[i] += added;
      }
    }
  }
}

void Calendar::note_child(Branch& parent, std::uint32_t index, std::uint32_t height) const {
  const std::uint32_t child = parent.child[index];
  const Levels levels = levels_of(child, height - 1);
  parent.time[index] = height == 1 ? leaves_[child].time[0] : branches_[child].time[0];
  parent.low[index] = levels.low + parent.added[index];
  parent.high[index] = levels.high + parent.added[index];
}

std::uint32_t Calendar::count_of(std::uint32_t node, std::uint32_t height) const {
  return height == 0 ? leaves_[node].count : branches_[node].count;
}

std::uint32_t Calendar::new_leaf() {
  if (spare_leaves_.empty()) {
    leaves_.emplace_back();
    return static_cast<std::uint32_t>(leaves_.size() - 1);
  }
  const std::uint32_t node = spare_leaves_.back();
  spare_leaves_.pop_back();
  return node;
}

std::uint32_t Calendar::new_branch() {
  if (spare_branches_.empty()) {
    branches_.emplace_back();
    return static_cast<std::uint32_t>(branches_.size() - 1);
  }
  const std::uint32_t node = spare_branches_.back();
  spare_branches_.pop_back();
  return node;
}

}  // namespace dayan::place
