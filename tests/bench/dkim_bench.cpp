// What DKIM costs: CPU time to verify and sign a message of 4 KiB, and one of 100 MiB that comes in pieces, with the
// memory that it takes. Prints figures; does not judge them.
#include <sys/resource.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/dkim_key.h"
#include "protocols/mailauth/dkim_signer.h"
#include "protocols/mailauth/dkim_verifier.h"
#include "tests/unit/mailauth/dns_table.h"

namespace {

using mailauth::KeyAlgorithm;

constexpr std::int64_t now = 1'700'000'000;
constexpr std::size_t piece_octets = 65'536;
constexpr std::size_t large_pieces = 1600;  // 100 MiB

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

// Words and lines.
std::string make_text(std::size_t octets) {
    std::mt19937_64 random(1);
    std::string text;
    while (text.size() < octets) {
        for (int letters = 3 + static_cast<int>(random() % 7); letters > 0; --letters) {
            text += static_cast<char>('a' + random() % 26);
        }
        text += random() % 12 == 0 ? "\r\n" : " ";
    }
    text.resize(octets);
    return text;
}

const std::string header =
    "Received: from a.example by b.example with ESMTPS; Mon, 30 Nov 2026 12:00:00 +0000\r\n"
    "From: Joe <joe@example.com>\r\nTo: Suzie <suzie@example.net>\r\nSubject: Dinner\r\n"
    "Date: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n";

using Body = std::function<void(const std::function<void(std::string_view)>&)>;

std::string sign(const Body& body, const std::vector<mailauth::DkimSigningKey>& keys) {
    mailauth::DkimSigner signer(header);
    body([&signer](std::string_view piece) { signer.feed(piece); });
    return signer.finish(keys, now);
}

bool verify(dns::Source& source, const std::string& section, const Body& flow) {
    const mailauth::HeaderFields fields(section);
    mailauth::BodyHashes body;
    mailauth::DkimVerifier verifier(fields, body);
    flow([&body](std::string_view piece) { body.feed(piece); });
    body.finish();
    const std::vector<mailauth::DkimResult> results = run(verifier.finish(source, now, body));
    return std::ranges::all_of(results,
                               [](const auto& result) { return result.verdict == mailauth::DkimVerdict::pass; });
}

void measure(const char* what, int times, double mebibytes, const std::function<bool()>& work) {
    const double start = cpu_seconds();
    bool good = true;
    for (int i = 0; i < times; ++i) good = work() && good;
    const double each = (cpu_seconds() - start) / times;
    std::printf("%-40s %10.1f us", what, each * 1e6);
    if (mebibytes > 1) std::printf(" %8.0f MiB/s, peak %ld KiB", mebibytes / each, peak_kib());
    std::printf("%s\n", good ? "" : "  FAILS");
}

void measure_all(KeyAlgorithm algorithm, const char* name) {
    const mailauth::KeyPair pair = mailauth::make_key(algorithm);
    const std::vector<mailauth::DkimSigningKey> keys = {
        {.key = mailauth::DkimPrivateKey::read(pair.private_key).value(), .domain = "example.com", .selector = "sel"}};
    DnsTable table;
    table.add_txt("sel._domainkey.example.com", mailauth::key_record(algorithm, pair.public_key));
    const std::string small = make_text(4096);
    const Body small_body = [&small](const auto& feed) { feed(small); };
    const std::string text = make_text(piece_octets);
    const Body large_body = [&text](const auto& feed) {
        for (std::size_t i = 0; i < large_pieces; ++i) feed(text);
    };
    std::printf("%s\n", name);
    measure("  sign 4 KiB", 500, 0, [&] { return !sign(small_body, keys).empty(); });
    const std::string signed_small = sign(small_body, keys) + header;
    measure("  verify 4 KiB", 5000, 0, [&] { return verify(table, signed_small, small_body); });
    measure("  sign 100 MiB", 1, 100, [&] { return !sign(large_body, keys).empty(); });
    const std::string signed_large = sign(large_body, keys) + header;
    measure("  verify 100 MiB", 1, 100, [&] { return verify(table, signed_large, large_body); });
}

}  // namespace

int main() {
    measure_all(KeyAlgorithm::rsa, "RSA-2048");
    measure_all(KeyAlgorithm::ed25519, "Ed25519");
}
