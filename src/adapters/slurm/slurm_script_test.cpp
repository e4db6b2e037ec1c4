#include "adapters/slurm/slurm_script.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "adapters/files.h"

namespace dayan::adapters {
namespace {

/// Runs the wrapper of a shell command as Slurm would, in a folder of its own.
class Wrapper {
 public:
  explicit Wrapper(const std::string& command) {
    char folder[] = "/tmp/dayan-wrapper-XXXXXX";
    folder_ = ::mkdtemp(folder);
    ::mkdir((folder_ + "/stamps").c_str(), 0700);
    StartOrder order;
    order.attempt = {JobId(1), 0, 1};
    order.folder = folder_;
    order.command = {"/bin/sh", "-c", command};
    order.wall_time = Duration::minutes(1);
    order.starts_by = time_of_day() + Duration::minutes(1);
    EXPECT_TRUE(write_file(folder_ + "/job", wrapper_script(order, folder_ + "/stamps", false), 0700));
    child_ = ::fork();
    if (child_ != 0) return;
    if (::chdir(folder_.c_str()) != 0) ::_exit(127);
    ::execl("/bin/sh", "sh", (folder_ + "/job").c_str(), nullptr);
    ::_exit(127);
  }
  ~Wrapper() { std::filesystem::remove_all(folder_); }
  void give_notice() { EXPECT_TRUE(write_file(folder_ + "/notice", "")); }
  [[nodiscard]] bool has(const std::string& file) const { return std::filesystem::exists(folder_ + "/" + file); }
  void wait_for(const std::string& file) const {
    for (int tries = 0; tries < 100 && !has(file); ++tries) ::usleep(100'000);
    EXPECT_TRUE(has(file)) << file;
  }
  int exit_code() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WEXITSTATUS(status);
  }

 private:
  std::string folder_;
  pid_t child_ = 0;
};

TEST(SlurmScript, ANoticeReachesTheJobAndLeavesItTime) {
  // The job hears SIGTERM once, saves for longer than `timeout` would wait before it kills, and its own exit code is
  // told.
  Wrapper job(
      "trap 'echo x >>told' TERM; : >ready; while [ ! -e told ]; do sleep 0.1; done; sleep 6; : >saved; exit 7");
  job.wait_for("ready");
  job.give_notice();
  job.wait_for("told");
  EXPECT_EQ(job.exit_code(), 7);
}

TEST(SlurmScript, WithoutANoticeNothingIsTold) {
  // A job that ends by itself ends with its own code, at once: the messenger does not hold it up.
  Wrapper job("exit 3");
  EXPECT_EQ(job.exit_code(), 3);
  EXPECT_TRUE(job.has("stamps/end"));
}

}  // namespace
}  // namespace dayan::adapters
