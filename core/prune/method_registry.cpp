// SPDX-License-Identifier: GPL-3.0-or-later

// The methods of this build, one line each, in menu order.

#include "core/prune/method.h"

namespace prunescope {
namespace detail {

const std::vector<std::unique_ptr<PruningMethod>>& methodRegistry() {
    static const std::vector<std::unique_ptr<PruningMethod>> kMethods = [] {
        std::vector<std::unique_ptr<PruningMethod>> methods;
        methods.push_back(makeScriptMethod());
        methods.push_back(makeGspMethod());
        methods.push_back(makeQcspMethod());
        methods.push_back(makeRelevanceMethod());
        methods.push_back(makeRandomMethod());
        methods.push_back(makeGridMethod());
        methods.push_back(makeNoneMethod());
        return methods;
    }();
    return kMethods;
}

const PruningMethod* findMethod(const std::string& name) {
    for (const auto& method : methodRegistry()) {
        if (method->info().name == name) {
            return method.get();
        }
    }
    return nullptr;
}

}  // namespace detail

const std::vector<MethodInfo>& pruningMethods() {
    static const std::vector<MethodInfo> kInfos = [] {
        std::vector<MethodInfo> infos;
        for (const auto& method : detail::methodRegistry()) {
            infos.push_back(method->info());
        }
        return infos;
    }();
    return kInfos;
}

}  // namespace prunescope
