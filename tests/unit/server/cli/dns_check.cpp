// mailstead dns --check with a DNS that never answers.
#include "server/cli/dns_check.h"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace server;

TEST_CASE("a silent DNS costs the time that is given, and each row says so") {
    asio::io_context loop;
    const asio::ip::udp::socket silent(loop, {asio::ip::make_address("127.0.0.1"), 0});
    std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-check-XXXXXX").string();
    const std::filesystem::path directory = mkdtemp(pattern.data());
    std::ofstream(directory / "m.toml") << "[dns]\nservers = [\"127.0.0.1@" << silent.local_endpoint().port()
                                        << "\"]\ntimeout = \"1h\"\n";
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    cli::Console console{in, out, err, false, [](const std::string&) { return std::nullopt; }};
    cli::Context context(console);
    context.config_file = (directory / "m.toml").string();
    zone::Facts facts;
    facts.domain = "example.org";
    facts.host = "mail.example.org";
    const std::vector<zone::Record> records = zone::records_of(facts);
    CHECK_THROWS_AS(cli::check_dns(context, facts, records, {.answers = std::chrono::milliseconds(50)}), cli::Failure);
    CHECK_MESSAGE(out.str().contains("WRONG    MX       example.org: no answer: none in time\n"), out.str());
    CHECK(out.str().contains("skipped  port 25"));
    std::filesystem::remove_all(directory);
}
