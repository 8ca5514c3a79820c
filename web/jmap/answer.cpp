// The loop over the calls of a request. RFC 8620 §3.4 to §3.7.
#include "web/jmap/answer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "web/jmap/call.h"
#include "web/jmap/capabilities.h"
#include "web/jmap/methods.h"
#include "web/jmap/session_object.h"
#include "web/jmap/wire/result_references.h"

namespace jmap {
namespace {

bool is_capability(const std::string& uri) {
    const std::span<const Capability> all = all_capabilities();
    return std::ranges::find(all, uri, &Capability::uri) != all.end();
}

Problem log_in_ended() {
    return {.status = 401, .type = "about:blank", .detail = "The log-in is no longer valid.", .limit = {}};
}

// The state of one request.
class Run {
  public:
    Run(Request request, const Context& context)
        : context_(context),
          request_(std::move(request)),
          referred_(referred_ids(request_.calls)),
          created_(request_.created_ids.value_or(std::map<std::string, std::string>())),
          left_to_copy_(context.limits.request.size_request) {}

    // Throws LogInEnded.
    asio::awaitable<std::string> run() {
        for (Invocation& call : request_.calls) {
            Invocation response = co_await respond(std::move(call));
            add(std::move(response));
        }
        std::string text = R"({"methodResponses":[)" + responses_ + "]";
        if (request_.created_ids) text += R"(,"createdIds":)" + to_text(Json(created_.all()));
        text += R"(,"sessionState":)" + to_text(Json(session_state(context_))) + "}";
        co_return text;
    }

  private:
    asio::awaitable<Invocation> respond(Invocation call) {
        std::optional<MethodError> error;
        std::optional<Json> result;
        try {
            const Method& method = allowed_method(call.name);
            const Json arguments = resolve_references(std::move(call.arguments), kept_, left_to_copy_);
            Call running(context_, arguments, created_);
            result = co_await method.function(running);
        } catch (const MethodError& refused) {
            error = refused;
        } catch (const LogInEnded&) {
            throw;
        } catch (const std::exception& failure) {
            context_.services.log.write(services::Level::error, "http", context_.session, "jmap_failed",
                                        {{"method", services::of_peer(call.name)}, {"reason", failure.what()}});
            error = MethodError("serverFail", "The server could not do that. Its administrator finds more in the log.");
        }
        if (error) co_return Invocation{.name = "error", .arguments = error->arguments(), .id = std::move(call.id)};
        co_return Invocation{.name = std::move(call.name), .arguments = *std::move(result), .id = std::move(call.id)};
    }

    // Throws unknownMethod, also for a method whose capability the request does not name (RFC 8620 §3.3).
    const Method& allowed_method(const std::string& name) const {
        if (responses_.size() > context_.limits.response_octets) {
            throw MethodError("requestTooLarge", "The response to this request is too large already.");
        }
        const Method* method = find_method(name);
        if (method == nullptr) throw MethodError("unknownMethod");
        if (!request_.capabilities.contains(std::string(method->capability))) {
            throw MethodError("unknownMethod", "\"using\" does not name " + std::string(method->capability));
        }
        return *method;
    }

    // Only what later calls refer to is kept as a value.
    void add(Invocation response) {
        if (!responses_.empty()) responses_ += ',';
        responses_ += "[" + to_text(Json(response.name)) + "," + to_text(response.arguments) + "," +
                      to_text(Json(response.id)) + "]";
        if (referred_.contains(response.id)) kept_.push_back(std::move(response));
    }

    const Context& context_;
    Request request_;
    std::set<std::string> referred_;
    CreationIds created_;
    std::size_t left_to_copy_;
    std::vector<Invocation> kept_;
    std::string responses_;  // as text, separated by commas
};

}  // namespace

asio::awaitable<std::expected<std::string, Problem>> answer(std::string request, const Context& context) {
    std::expected<Request, Problem> parsed = parse_request(request, context.limits.request, is_capability);
    if (!parsed) co_return std::unexpected(std::move(parsed.error()));
    request = {};
    Run run(*std::move(parsed), context);
    try {
        std::string text = co_await run.run();
        co_return text;
    } catch (const LogInEnded&) {
    }
    co_return std::unexpected(log_in_ended());
}

}  // namespace jmap
