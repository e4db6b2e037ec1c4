#include "jobfile/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <set>
#include <sstream>
#include <utility>

#include "base/scan.h"
#include "jobfile/job_file.h"

namespace dayan::jobfile {
namespace {

/// yaml-cpp tells of a document as it reads it. Below depth_max nothing is kept, so the tree stays small.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(FaultList& faults) : faults_(faults) {}

  /// Nothing when parts of it were left out: their absence would be told as further faults.
  [[nodiscard]] std::optional<YamlNode> take() {
    return was_too_deep_ ? std::nullopt : std::optional(std::move(root_));
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(leaf(YamlNode::Kind::null, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    faults_.add_at(mark.line + 1, "", "an alias (*name) is not read here", "write the value out");
    add(leaf(YamlNode::Kind::null, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node = leaf(YamlNode::Kind::text, mark);
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is open; of a map also the key whose value comes next, and the keys it has.
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;
    std::set<std::string> keys;
  };

  [[nodiscard]] static YamlNode leaf(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      faults_.add_at(mark.line + 1, "", "an anchor (&name) is not read here", "write the value out where it is used");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      faults_.add_at(mark.line + 1, "", "the tag " + quote(tag) + " is not read here", "leave it out");
  }
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() >= depth_max) {
      if (too_deep_++ == 0 && !std::exchange(was_too_deep_, true))
        faults_.add_at(mark.line + 1, "", "is nested too deep",
                       "nest at most " + std::to_string(depth_max) + " lists and maps");
      return;
    }
    open_.push_back({leaf(kind, mark), std::nullopt, {}});
  }
  void close() {
    if (too_deep_ > 0) {
      --too_deep_;
      return;
    }
    ASSERT(!open_.empty());
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }
  void add(YamlNode node) {
    if (too_deep_ > 0) return;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& around = open_.back();
    if (around.node.kind == YamlNode::Kind::list) {
      around.node.children.push_back(std::move(node));
    } else if (!around.key.has_value()) {
      around.key = std::move(node);
    } else {
      add_member(around, std::move(node));
    }
  }
  void add_member(Open& map, YamlNode node) {
    const YamlNode key = std::move(*map.key);
    map.key.reset();
    if (key.kind != YamlNode::Kind::text) {
      faults_.add_at(key.line, "", std::string(key.what()) + " stands where a key should", "give a plain word as key");
    } else if (!map.keys.insert(key.text).second) {
      faults_.add_at(key.line, key.text, "is given twice", "give each key once");
    } else {
      // A fault of `memory:` with nothing after it belongs to the line of the key.
      if (node.kind == YamlNode::Kind::null) node.line = key.line;
      node.key = key.text;
      map.node.children.push_back(std::move(node));
    }
  }

  FaultList& faults_;
  YamlNode root_;
  std::vector<Open> open_;
  int too_deep_ = 0;  ///< lists and maps open beyond depth_max
  bool was_too_deep_ = false;
};

/// yaml-cpp's own stop at a second document: it only tells that there is one by starting it.
class SecondDocument : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

std::string_view YamlNode::what() const {
  switch (kind) {
    case Kind::null: return "nothing";
    case Kind::text: return "a text";
    case Kind::list: return "a list";
    case Kind::map: return "a map";
  }
  return "something";
}

std::optional<YamlNode> read_yaml(std::string_view text, FaultList& faults) {
  TreeBuilder builder(faults);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      faults.add_at(0, "", "the file is empty", "give at least name, command and wall_time");
      return std::nullopt;
    }
    SecondDocument second;
    if (parser.HandleNextDocument(second)) {
      faults.add_at(0, "", "the file holds more than one YAML document", "give one job a file, without a second ---");
      return std::nullopt;
    }
  } catch (const YAML::Exception& failure) {
    faults.add_at(failure.mark.is_null() ? 0 : failure.mark.line + 1, "", "is not YAML: " + failure.msg,
                  "see the example in docs");
    return std::nullopt;
  } catch (const std::exception& failure) {
    faults.add_at(0, "", std::string("cannot be read: ") + failure.what(), "give a smaller file");
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace dayan::jobfile
