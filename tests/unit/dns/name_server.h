// A name server for tests. RFC 1035 §4.
#pragma once

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// A name as on the wire, without the root's empty label (RFC 1035 §3.1).
inline std::string wire_name(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const std::string_view label = name.substr(0, name.find('.'));
        out += static_cast<char>(label.size());
        out += label;
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return out;
}

// Answers from a table: question (name as on the wire, type) → RDATAs; an absent name is NXDOMAIN.
class NameServer {
  public:
    using Table = std::map<std::string, std::map<int, std::vector<std::string>>>;
    explicit NameServer(Table table = {})
        : table_(std::move(table)), socket_(context_, {asio::ip::address_v4::loopback(), 0}) {
        thread_ = std::thread([this] { serve(); });
    }
    ~NameServer() {
        asio::io_context other;
        asio::ip::udp::socket wake(other, asio::ip::udp::v4());
        wake.send_to(asio::buffer("", 0), socket_.local_endpoint());  // an empty datagram ends serve()
        thread_.join();
    }
    // Call before asking. The name must be as on the wire (wire_name).
    void add(const std::string& name, int type, std::string rdata) { table_[name][type].push_back(std::move(rdata)); }
    // The same at any time, instead of what there was.
    void replace(const std::string& name, int type, std::string rdata) {
        const std::lock_guard lock(mutex_);
        table_[name][type] = {std::move(rdata)};
    }
    // Its answers are not to be cached. Before anything is asked.
    void forbid_caching() { ttl_ = 0; }
    // Makes it ignore all questions.
    void be_silent(bool silent) { silent_ = silent; }
    // Makes it ignore questions for names with this in them; for the root's. Before anything is asked.
    void be_silent_about(std::string part) { ignored_ = std::move(part); }
    void be_silent_about_root() { ignores_root_ = true; }
    // Names as on the wire that were asked for, with any type.
    std::set<std::string> asked() const {
        const std::lock_guard lock(mutex_);
        std::set<std::string> names;
        for (const auto& [name, times] : asked_) names.insert(name);
        return names;
    }
    std::size_t times_asked(const std::string& name) const {
        const std::lock_guard lock(mutex_);
        const auto found = asked_.find(name);
        return found == asked_.end() ? 0 : found->second;
    }
    std::string address() const { return "127.0.0.1@" + std::to_string(socket_.local_endpoint().port()); }

  private:
    void serve() {
        for (;;) {
            std::array<char, 1500> octets{};
            asio::ip::udp::endpoint from;
            const std::size_t size = socket_.receive_from(asio::buffer(octets), from);
            if (size == 0) return;
            const std::string query(octets.data(), size);
            if (note(query)) socket_.send_to(asio::buffer(answer(query)), from);
        }
    }
    static std::string name_in(const std::string& query) { return query.substr(12, query.find('\0', 12) - 12); }
    // Whether it is to be answered.
    bool note(const std::string& query) {
        const std::lock_guard lock(mutex_);
        const std::string name = name_in(query);
        ++asked_[name];
        if (silent_ || (ignores_root_ && name.empty())) return false;
        return ignored_.empty() || !name.contains(ignored_);
    }
    std::string answer(const std::string& query) const {
        const std::lock_guard lock(mutex_);
        using namespace std::string_literals;
        const std::string name = name_in(query);
        const std::size_t name_end = 12 + name.size();
        int type = static_cast<unsigned char>(query[name_end + 2]);
        const auto found = table_.find(name);
        std::vector<std::string> records;
        if (found != table_.end()) {
            constexpr int cname = 5;  // answered whatever the question's type (RFC 1034 §3.6.2)
            if (!found->second.contains(type) && found->second.contains(cname)) type = cname;
            if (found->second.contains(type)) records = found->second.at(type);
        }
        std::string out = query.substr(0, 2);
        out += found == table_.end() ? "\x81\x83"s : "\x81\x80"s;
        out += "\x00\x01\x00"s + static_cast<char>(records.size()) + "\x00\x00\x00\x00"s;
        out += query.substr(12, name_end + 5 - 12);
        for (const std::string& rdata : records) {
            out += "\xc0\x0c\x00"s + static_cast<char>(type) + "\x00\x01\x00\x00\x00"s + ttl_ + "\x00"s +
                   static_cast<char>(rdata.size()) + rdata;
        }
        return out;
    }
    mutable std::mutex mutex_;  // table_, asked_
    Table table_;
    std::map<std::string, std::size_t> asked_;
    std::string ignored_;
    bool ignores_root_ = false;
    char ttl_ = 60;  // seconds
    std::atomic<bool> silent_ = false;
    asio::io_context context_;
    asio::ip::udp::socket socket_;
    std::thread thread_;
};
