#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "hub/test_hub.h"
#include "store/scratch_folder.h"

/// The hub as a program of its own: its folder, its end, and what is left of it.

namespace dayan::hub {
namespace {

/// A hub in a process of its own.
class HubProcess {
 public:
  explicit HubProcess(const std::string& data) : url_file_(data + "/hub.url") {
    HubOptions options;
    options.data = data;
    options.port = 0;
    process_ = ::fork();
    if (process_ != 0) return;
    const auto status = run_hub(options);
    ::_exit(status.has_value() ? *status : 1);
  }
  ~HubProcess() {
    if (process_ > 0) static_cast<void>(end(SIGKILL));
  }
  HubProcess(const HubProcess&) = delete;
  HubProcess& operator=(const HubProcess&) = delete;

  /// The URL that it wrote; empty when it does not come up.
  [[nodiscard]] std::string url() const {
    for (int i = 0; i < 500; ++i) {
      std::ifstream file(url_file_);
      std::string line;
      if (std::getline(file, line)) return line;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return {};
  }
  /// Sends the signal and waits; the status of waitpid.
  [[nodiscard]] int end(int signal) {
    int status = 0;
    ::kill(process_, signal);
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return status;
  }

 private:
  std::string url_file_;
  pid_t process_ = -1;
};

// The first operator is made offline, once, and not while a hub runs on the folder. The hub then serves, ends with
// status 0 on SIGTERM and takes its URL file with it; killed without warning it loses nothing that it acknowledged.
TEST(HubRun, ServesUntilItIsToldToStop) {
  const ScratchFolder folder;
  const std::string data = folder.file("data");
  const auto first = init_hub(data, "platform", "op");
  ASSERT_TRUE(first.has_value()) << to_text(first.error());
  EXPECT_FALSE(init_hub(data, "platform", "op").has_value());
  {
    HubProcess hub(data);
    const std::string url = hub.url();
    ASSERT_FALSE(url.empty());
    EXPECT_EQ(Client(url, first->token).get("/v1/me").status, 200);
    EXPECT_EQ(init_hub(data, "other", "op").error().code, ErrorCode::unavailable);
    EXPECT_EQ(hub.end(SIGTERM), 0);
    EXPECT_FALSE(std::filesystem::exists(data + "/hub.url"));
  }
  {
    HubProcess hub(data);
    const Client root(hub.url(), first->token);
    EXPECT_EQ(root.post("/v1/organisations", R"({"name":"studio","user":"li","roles":["customer"]})").status, 201);
    static_cast<void>(hub.end(SIGKILL));
    std::filesystem::remove(data + "/hub.url");
  }
  HubProcess hub(data);
  const Client root(hub.url(), first->token);
  EXPECT_EQ(root.get("/v1/organisations").items().size(), 2U);
  EXPECT_EQ(hub.end(SIGTERM), 0);
}

// Plain HTTP is for this machine only: an address that others can reach is refused, and nothing listens.
TEST(HubRun, OtherAddressesAreRefused) {
  TestHub hub;
  hub.close();
  hub.open();
  hub.options.address = "0.0.0.0";
  const auto started = Hub::start(hub.options, *hub.store, *hub.depot, hub.clock);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().field, "address");
  EXPECT_NE(started.error().wrong.find("which needs TLS"), std::string::npos) << started.error().wrong;
}

}  // namespace
}  // namespace dayan::hub
