// What preparing a SEARCH program needs in memory.
#include "protocols/imap/search/program.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace {

using imap::SelectedMailbox;
using imap::wire::SearchKey;
using storage::Uid;
using storage::UidSet;

SelectedMailbox mailbox_with_gaps(std::uint32_t gaps) {
    UidSet uids;
    for (std::uint32_t i = 1; i <= gaps; ++i) uids.insert(Uid{2 * i});
    return SelectedMailbox({.access = {storage::MailboxId{1}, storage::AccountId{1}}, .owner = {1}, .name = "INBOX"},
                           {std::move(uids), Uid{2 * gaps + 1}, storage::ModSeq{1}, std::nullopt});
}

std::uint64_t octets_of_sets(const imap::SearchNode& node) {
    std::uint64_t octets = sizeof(node) + node.uids.octets() + node.text.capacity();
    for (const imap::SearchNode& child : node.children) octets += octets_of_sets(child);
    return octets;
}

}  // namespace

TEST_CASE("what a search needs is known before it is prepared, however often it names what was saved") {
    constexpr std::uint32_t gaps = 1'000;
    SelectedMailbox mailbox = mailbox_with_gaps(gaps);
    mailbox.save_result(mailbox.numbers().all());
    SearchKey saved{.kind = SearchKey::Kind::uid_set};
    saved.set.saved_result = true;
    SearchKey text{.kind = SearchKey::Kind::text, .text = std::string(1'000, 'x')};
    for (const SearchKey& key : {saved, text}) {
        imap::wire::Search search;
        search.key = {.kind = SearchKey::Kind::either, .children = {key, key}};
        for (int depth = 0; depth < 50; ++depth) {
            SearchKey deeper{.kind = SearchKey::Kind::either, .children = {key, std::move(search.key)}};
            search.key = std::move(deeper);
        }
        const std::uint64_t needed = imap::octets_to_prepare(search, mailbox);
        const imap::SearchContext context{
            .mailbox = mailbox, .keywords = {}, .text_octets = 4'096, .texts_octets = 256 << 10, .text_limits = {}};
        const auto program = imap::prepare_search(search, context);
        REQUIRE(program.has_value());
        CHECK(needed >= octets_of_sets(program->root) + program->targets.octets());
        CHECK(needed >= 50 * (key.text.size() + (key.set.saved_result ? gaps * sizeof(UidSet::Range) : 0)));
        CHECK(needed < 10'000'000);
    }
}
