// The trace: what happened to each message, noted in the commit in which it happened. Rows are only appended, and read
// backwards: an index for each name to look for would cost a delivery more than the rest of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/query.h"
#include "storage/types.h"

namespace storage {

// One thing that is known of a message: {"to", "bob@example.org"}. server/delivery/story.h has the names.
struct TraceFact {
    std::string name;  // lower-case letters and hyphens
    std::string value;
    friend bool operator==(const TraceFact&, const TraceFact&) = default;
};

// What happened to one message in one commit, in order.
struct TraceEntry {
    std::int64_t at = 0;  // Unix seconds
    std::vector<TraceFact> story;
    struct Filed {
        std::string account;  // empty: the mailbox has been deleted since
        std::string mailbox;
        Uid uid;
    };
    std::vector<Filed> filed;
    std::vector<QueueMessageId> queued;
};

// A story as it is stored, while it is being made. Values are cut to a sensible length and made one line of UTF-8.
class TraceText {
  public:
    void add(std::string_view name, std::string_view value);
    void add_filed(MailboxId mailbox, Uid uid);
    void add_queued(QueueMessageId message);
    bool empty() const { return text_.empty(); }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

// For operations: notes the story in their own savepoint. Does nothing if it is empty or the store keeps no trace.
void note_in_trace(engine::Batch& batch, std::int64_t at, const TraceText& story);

// A message that was refused, and so has no commit to be noted in. Prompt.
Operation<std::monostate> note_in_trace(std::int64_t at, TraceText story);

struct TraceFilter {
    std::string word;        // an address, Message-ID, queue id ..., in any ASCII case: the value of some fact
    std::int64_t since = 0;  // Unix seconds
    std::size_t most = 20;
};
// The newest entries of which a fact has that value, in their order. Reads all that is newer than `since`, unless
// enough is found.
Query<std::vector<TraceEntry>> find_in_trace(TraceFilter filter);

// Forgets what is too old or too much, a slice at a time; true if there may be more.
Operation<bool> trim_trace(std::int64_t now, std::size_t slice = 1'000);

}  // namespace storage
