// Result references. RFC 8620 §3.7.
#include "web/jmap/wire/result_references.h"

#include <doctest/doctest.h>

#include <vector>

using jmap::Invocation;
using jmap::Json;

namespace {

// The responses of the RFC's second example, before its last call.
const std::vector<Invocation>& example() {
    static const std::vector<Invocation> responses = {
        {"Email/query", Json::parse(R"({"ids":["msg1023","msg223"]})"), "t0"},
        {"Email/get",
         Json::parse(R"({"list":[{"id":"msg1023","threadId":"trd194"},{"id":"msg223","threadId":"trd114"}]})"), "t1"},
        {"Thread/get", Json::parse(R"({"list":[{"id":"trd194","emailIds":["msg1020","msg1021","msg1023"]},
                                               {"id":"trd114","emailIds":["msg201","msg223"]}]})"),
         "t2"},
        {"error", Json::parse(R"({"type":"unknownMethod"})"), "t3"},
        {"Foo/get", Json::parse(R"({"list":["second"]})"), "t2"}};
    return responses;
}

Json resolve(const char* arguments, std::size_t most = 10'000) {
    return jmap::resolve_references(Json::parse(arguments), example(), most);
}

std::string error_of(const char* arguments, std::size_t most = 10'000) {
    try {
        resolve(arguments, most);
    } catch (const jmap::MethodError& error) {
        return error.type();
    }
    return "none";
}

}  // namespace

TEST_CASE("result references: the RFC's examples") {
    CHECK(resolve(R"({"accountId":"A1","#ids":{"resultOf":"t0","name":"Email/query","path":"/ids"}})") ==
          Json({{"accountId", "A1"}, {"ids", {"msg1023", "msg223"}}}));
    CHECK(resolve(R"({"#ids":{"resultOf":"t1","name":"Email/get","path":"/list/*/threadId"}})")["ids"] ==
          Json({"trd194", "trd114"}));
    CHECK(resolve(R"({"#ids":{"resultOf":"t2","name":"Thread/get","path":"/list/*/emailIds"}})")["ids"] ==
          Json({"msg1020", "msg1021", "msg1023", "msg201", "msg223"}));
}

TEST_CASE("result references: what does not resolve") {
    for (const char* arguments : {
             R"({"#ids":{"resultOf":"t9","name":"Email/query","path":"/ids"}})",  // no such call
             R"({"#ids":{"resultOf":"t0","name":"Email/get","path":"/ids"}})",    // another name
             R"({"#ids":{"resultOf":"t3","name":"Email/get","path":"/ids"}})",    // an error
             R"({"#ids":{"resultOf":"t2","name":"Foo/get","path":"/list"}})",     // the first response counts
             R"({"#ids":{"resultOf":"t0","name":"Email/query","path":"/list"}})",
             R"({"#ids":{"resultOf":"t0","name":"Email/query","path":"ids"}})",
             R"({"#ids":{"resultOf":"t0","name":"Email/query"}})",
             R"({"#ids":{"resultOf":1,"name":"Email/query","path":"/ids"}})",
             R"({"#ids":["msg1"]})",
         }) {
        CHECK_MESSAGE(error_of(arguments) == "invalidResultReference", arguments);
    }
    CHECK(error_of(R"({"ids":[],"#ids":{"resultOf":"t0","name":"Email/query","path":"/ids"}})") == "invalidArguments");
    CHECK(error_of(R"({"#ids":{"resultOf":"t0","name":"Email/query","path":"/ids"}})", 10) == "invalidResultReference");
}

TEST_CASE("result references: which responses have to be kept") {
    const std::vector<Invocation> calls = {
        {"Foo/get", Json::parse(R"({"#ids":{"resultOf":"a"},"#more":{"resultOf":"b"}})"), "x"},
        {"Foo/get", Json::parse(R"({"ids":{"resultOf":"c"},"#ids2":1,"#ids3":{"resultOf":2}})"), "y"}};
    CHECK(jmap::referred_ids(calls) == std::set<std::string>{"a", "b"});
}
