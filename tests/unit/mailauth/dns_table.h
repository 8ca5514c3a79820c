// A DNS whose answers stand in a table: what judges mail by the DNS is tested with it. CNAMEs are followed.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/dns/source.h"

class DnsTable : public dns::Source {
  public:
    DnsTable& add_txt(std::string_view name, std::string text) {
        at(name).txt.push_back({std::move(text)});
        return *this;
    }
    DnsTable& add_mx(std::string_view name, std::uint16_t preference, std::string_view exchange) {
        at(name).mx.push_back({preference, base::lower(exchange)});
        return *this;
    }
    // A or AAAA, as the address is.
    DnsTable& add_address(std::string_view name, const std::string& text) {
        const asio::ip::address address = asio::ip::make_address(text);
        if (address.is_v4()) at(name).a.push_back(address.to_v4());
        if (address.is_v6()) at(name).aaaa.push_back(address.to_v6());
        return *this;
    }
    // A name of the address.
    DnsTable& add_ptr(const std::string& address, std::string_view name) {
        reverse_[asio::ip::make_address(address)].records.push_back({base::lower(name)});
        return *this;
    }
    DnsTable& add_cname(std::string_view name, std::string_view target) {
        at(name).cname = base::lower(target);
        return *this;
    }
    DnsTable& add_tlsa(std::string_view name, dns::Tlsa record) {
        at(name).tlsa.push_back(std::move(record));
        return *this;
    }
    // Whatever else is asked of this name is not answered.
    DnsTable& fail(std::string_view name) {
        at(name).fails = true;
        return *this;
    }
    DnsTable& fail_ptr(const std::string& address) {
        reverse_[asio::ip::make_address(address)].fails = true;
        return *this;
    }
    // Every answer for this name is a forged one.
    DnsTable& forge(std::string_view name) {
        at(name).forged = true;
        return *this;
    }
    // What was asked, in order: "TXT example.org".
    std::vector<std::string> questions;

    asio::awaitable<dns::Answer<dns::Txt>> txt(std::string name) override {
        co_return look_up("TXT", std::move(name), &Entry::txt);
    }
    asio::awaitable<dns::Answer<dns::Mx>> mx(std::string name) override {
        co_return look_up("MX", std::move(name), &Entry::mx);
    }
    asio::awaitable<dns::Answer<asio::ip::address_v4>> a(std::string name) override {
        co_return look_up("A", std::move(name), &Entry::a);
    }
    asio::awaitable<dns::Answer<asio::ip::address_v6>> aaaa(std::string name) override {
        co_return look_up("AAAA", std::move(name), &Entry::aaaa);
    }
    asio::awaitable<dns::Answer<dns::Tlsa>> tlsa(std::string name) override {
        co_return look_up("TLSA", std::move(name), &Entry::tlsa);
    }
    asio::awaitable<dns::Answer<dns::Ptr>> ptr(asio::ip::address address) override {
        questions.push_back("PTR " + address.to_string());
        const auto found = reverse_.find(address);
        if (found == reverse_.end()) co_return dns::NoSuchName{};
        if (found->second.fails) co_return dns::Unavailable{"no answer"};
        co_return dns::Found<dns::Ptr>{.records = found->second.records};
    }

  private:
    struct Entry {
        std::vector<dns::Txt> txt;
        std::vector<dns::Mx> mx;
        std::vector<asio::ip::address_v4> a;
        std::vector<asio::ip::address_v6> aaaa;
        std::vector<dns::Tlsa> tlsa;
        std::string cname;
        bool fails = false;
        bool forged = false;
    };
    struct Reverse {
        std::vector<dns::Ptr> records;
        bool fails = false;
    };

    Entry& at(std::string_view name) { return names_[base::lower(name)]; }

    // A name above one that exists does so, too (RFC 8020).
    bool is_above_another(std::string_view name) const {
        for (const auto& [other, entry] : names_) {
            if (other.ends_with("." + std::string(name))) return true;
        }
        return false;
    }

    template <class Record>
    dns::Answer<Record> look_up(const std::string& type, std::string name, std::vector<Record> Entry::* records) {
        questions.push_back(type + " " + name);
        name = base::lower(name);
        for (int hops = 0; hops < 10; ++hops) {
            const auto found = names_.find(name);
            if (found == names_.end()) {
                if (is_above_another(name)) return dns::NoData{};
                return dns::NoSuchName{};
            }
            const Entry& entry = found->second;
            if (entry.forged) return dns::Bogus{"a signature is wrong"};
            if (!(entry.*records).empty()) return dns::Found<Record>{.records = entry.*records, .name = name};
            if (entry.fails) return dns::Unavailable{"no answer"};
            if (entry.cname.empty()) return dns::NoData{};
            name = entry.cname;
        }
        return dns::Unavailable{"CNAMEs without end"};
    }

    std::map<std::string, Entry> names_;
    std::map<asio::ip::address, Reverse> reverse_;
};

// What the coroutine returns, or the exception that it throws.
template <class Result>
Result run(asio::awaitable<Result> work) {
    asio::io_context context;
    std::optional<Result> result;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, Result value) {
        failure = error;
        if (!error) result = std::move(value);
    });
    context.run();
    if (failure) std::rethrow_exception(failure);
    if (!result) throw std::logic_error("it never ends");
    return std::move(*result);
}
