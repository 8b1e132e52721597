// The lane set against a naive model: three std::deque and the words of the contract, over random operations.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <memory>

#include "tests/unit/engine/lanes/lane_set_fixture.hpp"

namespace phalarope {
namespace {

using testing_lanes::config_of;
using testing_lanes::item;
using testing_lanes::told;

/// What runtime.md 5.3 says, without a thought for speed.
struct Model {
  LaneLimits limits;
  std::array<std::deque<std::uint64_t>, lanes_count> queues;
  std::array<bool, lanes_count> saturated{};

  std::string enqueue(Lane lane, std::uint64_t id) {
    auto& queue = queues[index_of(lane)];
    bool& full = saturated[index_of(lane)];
    const std::string pair = "watermark-watermark flow_xoff-flow";
    if (queue.size() >= limits[lane].items_max) {
      full = true;
      return lane == Lane::telemetry ? "drop_notice-drop" : pair + " shed-shed";
    }
    queue.push_back(id);
    if (queue.size() >= limits[lane].watermark.high_items && !full) {
      full = true;
      return pair;
    }
    return "";
  }
  std::pair<std::uint64_t, std::string> next() {
    for (const Lane lane : lane_order) {
      auto& queue = queues[index_of(lane)];
      if (queue.empty()) continue;
      const std::uint64_t id = queue.front();
      queue.pop_front();
      if (saturated[index_of(lane)] && queue.size() <= limits[lane].watermark.low_items) {
        saturated[index_of(lane)] = false;
        return {id, "flow_xon-flow-recovery"};
      }
      return {id, ""};
    }
    return {0, ""};
  }
};

LaneBounds any_bounds() {
  const auto limit = *rc::gen::inRange<std::uint32_t>(1, 9);
  const auto high = *rc::gen::inRange<std::uint32_t>(1, limit + 1);
  const auto low = *rc::gen::inRange<std::uint32_t>(0, high);
  return {limit, {high, low}};
}

// contract: 5.3, I4, I5
RC_GTEST_PROP(LaneSetModel, BehavesAsTheContractsWords, ()) {
  auto memory = std::make_unique<testing_lanes::LaneSetWithMemory>();
  LaneSet& sut = memory->lanes;
  Model model{.limits = {{any_bounds(), any_bounds(), any_bounds()}}, .queues = {}, .saturated = {}};
  RC_ASSERT(sut.configure(config_of(model.limits)).has_value());

  // 0-2: enqueue on that lane; 3-4: next.
  const auto operations = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
  std::uint64_t id = 0;
  for (const int operation : operations) {
    LaneSignals signals;
    if (operation < 3) {
      const Lane lane = lane_order[static_cast<std::size_t>(operation)];
      const auto outcome = sut.enqueue(item(lane, ++id), signals);
      RC_ASSERT(outcome.has_value());
      RC_ASSERT(told(signals) == model.enqueue(lane, id));
      RC_ASSERT(outcome->depth_items == model.queues[index_of(lane)].size());
    } else {
      const auto dispatched = sut.next(signals);
      const auto [expected_id, expected_signals] = model.next();
      RC_ASSERT((dispatched ? dispatched->runtime_sequence : 0) == expected_id);
      RC_ASSERT(told(signals) == expected_signals);
    }
    for (const Lane lane : lane_order) {
      RC_ASSERT(sut.depth_items(lane) == model.queues[index_of(lane)].size());
      RC_ASSERT(sut.saturated(lane) == model.saturated[index_of(lane)]);
    }
  }
}

}  // namespace
}  // namespace phalarope
