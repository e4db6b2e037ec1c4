#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/processes.h"

/// The local users of a centre that attempts run as. An agent that is root becomes them by runuser, any other by a
/// rule of sudo that names them. What a folder holds belongs to one of them alone, beside the agent:
///
///   agent       the folder is                                       the agent reads and removes it
///   root        the user's, mode 0700                               because it is root
///   any other   the agent's, mode 0700, with access lists (POSIX    because the lists name it too; what the user
///               ACLs) that let in that one user                     hides from it, by commands run as the user
///
/// The empty name, and the agent's own, stand for the agent's own user, who needs nothing of this.

namespace dayan::adapters {

class JobUsers {
 public:
  /// `processes` must outlive it.
  explicit JobUsers(Processes& processes);

  [[nodiscard]] bool is_own(const std::string& user) const;
  [[nodiscard]] const std::string& name_of(const std::string& user) const { return user.empty() ? own_name_ : user; }
  /// The words before a command that makes this user run it; none for the agent's own.
  [[nodiscard]] std::vector<std::string> prefix(const std::string& user) const;
  /// The same with the command behind it.
  [[nodiscard]] std::vector<std::string> command(const std::string& user,
                                                 const std::vector<std::string>& words) const;
  /// Do files that this user's programs make need to be opened to the agent, since access lists alone let it in?
  [[nodiscard]] bool shares_by_lists(const std::string& user) const { return !is_root_ && !is_own(user); }

  /// Gives a folder that the agent has made, and all it holds, to that user: nobody else but the agent may enter it
  /// or use anything in it. Fine when it has been given before: then nothing in it is touched, for it is the user's.
  /// `denied`: the file system, or the operating system, does not let us.
  [[nodiscard]] Result<void> give(const std::string& folder, const std::string& user) const;
  /// Removes a folder that was given, as far as that is possible.
  void remove(const std::string& folder, const std::string& user) const;

  /// Could attempts run as that user, in folders below `folder`? Tried for real. The Error says what to do.
  [[nodiscard]] Result<void> check(const std::string& user, const std::string& folder) const;

 private:
  [[nodiscard]] Result<ProcessResult> run_as(const std::string& user, const std::vector<std::string>& words) const;
  [[nodiscard]] Result<void> try_folder(const std::string& user, const std::string& folder) const;

  Processes& processes_;
  bool is_root_;
  std::string own_name_;
};

/// May this be the name of a local user? Nothing that a command could take for an option.
[[nodiscard]] bool is_user_name(const std::string& name);

}  // namespace dayan::adapters
