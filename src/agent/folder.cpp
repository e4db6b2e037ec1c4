#include "agent/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "adapters/files.h"
#include "model/json.h"

namespace dayan::agent {

namespace {

constexpr std::size_t journal_bytes_max = 1'000'000'000;

/// Whoever can write here could be this agent.
Result<void> check_private(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(ErrorCode::unavailable, path + ": " + std::strerror(errno));
  if (info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(ErrorCode::denied, path + " belongs to someone else, or others may write in it",
              "give a folder of this user's own, mode 0700");
}

}  // namespace

Result<AgentFolder> AgentFolder::open(const std::string& path) {
  std::error_code error;
  const std::string whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error).string();
  if (error) return fail(ErrorCode::invalid, path + " is not a folder: " + error.message());
  std::filesystem::create_directories(std::filesystem::path(whole).parent_path(), error);
  TRY_VOID(adapters::make_folder(whole, 0700));
  TRY_VOID(check_private(whole));
  const std::string lock_file = whole + "/lock";
  adapters::Descriptor lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return fail(ErrorCode::unavailable, lock_file + ": " + std::strerror(errno));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::conflict, "another agent runs in " + whole,
                "stop it, or give this one a folder of its own");
  }
  return AgentFolder(whole, std::move(lock));
}

Result<Identity> AgentFolder::identity() const {
  TRY(const std::optional<std::string> text, adapters::read_file(file("identity.json")));
  if (!text) {
    return fail(ErrorCode::not_found, "this agent has not joined a hub yet", "run dayan agent join first");
  }
  return parse_nested<Identity>(*text);
}

Result<void> AgentFolder::keep_identity(const Identity& identity) const {
  return adapters::write_file(file("identity.json"), nested_text(identity), 0600);
}

Result<execute::AgentState> AgentFolder::load_state(const Identity& identity) const {
  execute::AgentState state;
  TRY(const std::optional<std::string> text, adapters::read_file(file("journal.json"), journal_bytes_max));
  if (text) {
    TRY(state, parse_nested<execute::AgentState>(*text));
  }
  // A new enrolment fences the old one off; what the old one started is still ours to look after.
  state.agent_epoch = identity.agent_epoch;
  state.report_sequence = std::max(state.report_sequence, identity.report_sequence);
  return state;
}

Result<void> AgentFolder::store_state(const execute::AgentState& state) const {
  return adapters::write_file(file("journal.json"), nested_text(state), 0600);
}

}  // namespace dayan::agent
