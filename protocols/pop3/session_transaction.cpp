// The TRANSACTION state: listing, messages, delete marks. RFC 1939 §5, §7 (TOP, UIDL). Messages go in chunks from store
// to socket; the next chunk is read when the last one has been sent (back-pressure).
#include <utility>

#include "protocols/mime/ascii_header.h"
#include "protocols/mime/header_end.h"
#include "protocols/pop3/session.h"
#include "protocols/pop3/wire/reply.h"

namespace pop3 {

namespace {

// `first` is a message, or at least its whole header section. LIST gives the size of the result.
std::string with_ascii_header(std::string_view first) {
    const std::size_t header_octets = mime::header_section_octets(first);
    std::optional<std::string> ascii = mime::ascii_header(first.substr(0, header_octets));
    return ascii.value_or(std::string(first.substr(0, header_octets))).append(first.substr(header_octets));
}

}  // namespace

asio::awaitable<void> Session::run(wire::Stat) {
    answer_ok(std::to_string(maildrop_.count()) + " " + std::to_string(maildrop_.octets()));
    co_return;
}

bool Session::has_message(wire::MessageNumber number) {
    if (maildrop_.find(number) != nullptr) return true;
    const bool marked = number >= 1 && number <= maildrop_.size();
    answer_error(marked ? "This message is marked as deleted" : "There is no such message");
    return false;
}

asio::awaitable<void> Session::run(wire::List command) {
    if (command.message) {
        if (!has_message(*command.message)) co_return;
        answer_ok(std::to_string(*command.message) + " " +
                  std::to_string(maildrop_.find(*command.message)->text_octets));
        co_return;
    }
    answer_ok(std::to_string(maildrop_.count()) + " messages (" + std::to_string(maildrop_.octets()) + " octets)");
    for (wire::MessageNumber number = 1; number <= maildrop_.size(); ++number) {
        const Maildrop::Entry* entry = maildrop_.find(number);
        if (entry == nullptr) continue;
        std::string& out = stream_.output();
        wire::append_number(out, number);
        out += ' ';
        wire::append_number(out, entry->text_octets);
        out += "\r\n";
        if (number % 1024 == 0) co_await stream_.drain();
    }
    stream_.write(wire::multi_line_end);
}

asio::awaitable<void> Session::run(wire::Uidl command) {
    if (command.message) {
        if (!has_message(*command.message)) co_return;
        std::string answer = std::to_string(*command.message) + " ";
        maildrop_.append_unique_id(*command.message, answer);
        answer_ok(answer);
        co_return;
    }
    answer_ok("Unique-ids follow");
    for (wire::MessageNumber number = 1; number <= maildrop_.size(); ++number) {
        if (maildrop_.find(number) == nullptr) continue;
        std::string& out = stream_.output();
        wire::append_number(out, number);
        out += ' ';
        maildrop_.append_unique_id(number, out);
        out += "\r\n";
        if (number % 1024 == 0) co_await stream_.drain();
    }
    stream_.write(wire::multi_line_end);
}

asio::awaitable<void> Session::run(wire::Retr command) {
    if (!has_message(command.message)) co_return;
    storage::Result<std::string> first = co_await maildrop_.read_first(command.message);
    if (!first) {
        answer_error(first.error());
        co_return;
    }
    answer_ok(std::to_string(maildrop_.find(command.message)->text_octets) + " octets");
    co_await send_message(command.message, std::move(*first), options_.chunk_octets, wire::MessageText());
    ++retrieved_;
}

asio::awaitable<void> Session::run(wire::Top command) {
    if (!has_message(command.message)) co_return;
    const bool ascii = maildrop_.find(command.message)->ascii_header;
    const std::uint64_t wanted = ascii ? mime::most_ascii_header_octets : options_.top_chunk_octets;
    storage::Result<std::string> first = co_await maildrop_.read(command.message, 0, wanted);
    if (!first) {
        answer_error(first.error());
        co_return;
    }
    answer_ok("The top of the message follows");
    co_await send_message(command.message, std::move(*first), options_.top_chunk_octets,
                          wire::MessageText(command.lines));
}

asio::awaitable<void> Session::send_message(wire::MessageNumber number, std::string first, std::size_t chunk_octets,
                                            wire::MessageText text) {
    const std::uint64_t size = maildrop_.find(number)->size_octets;
    std::uint64_t taken = first.size();
    in_answer_ = true;
    if (maildrop_.find(number)->ascii_header) first = with_ascii_header(first);
    text.append(first, stream_.output());
    while (taken < size && !text.complete()) {
        co_await stream_.flush();
        storage::Result<std::string> chunk = co_await maildrop_.read(number, taken, chunk_octets);
        // In the middle of a message no error can be sent: break off, rather than end it as if it were complete.
        if (!chunk) throw std::runtime_error("message lost while it was sent: " + chunk.error().text);
        if (chunk->empty()) throw std::runtime_error("message shorter than it should be");
        taken += chunk->size();
        text.append(*chunk, stream_.output());
    }
    text.finish(stream_.output());
    in_answer_ = false;
}

asio::awaitable<void> Session::run(wire::Dele command) {
    if (!has_message(command.message)) co_return;
    maildrop_.mark(command.message);
    answer_ok("Marked as deleted");
    co_return;
}

asio::awaitable<void> Session::run(wire::Rset) {
    storage::Result<std::monostate> unmarked = co_await maildrop_.unmark_all();
    if (!unmarked) {
        answer_error(unmarked.error());
        co_return;
    }
    answer_ok("Maildrop has " + std::to_string(maildrop_.count()) + " messages");
}

}  // namespace pop3
