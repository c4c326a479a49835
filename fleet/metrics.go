package fleet

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

// Workers name metrics by short ids of their own choice (1, 2, 3…). Prism keeps one table of
// them for a job (2.77, jobservices/metrics.go): of several workers it takes one's for another's, and panics when their
// types differ ("error decoding metrics"). So each worker puts a prefix before its ids, in what it sends, and
// takes it off what it is asked for.
const metricsHook = "tracerec:fleet:metrics"

func init() {
	hooks.RegisterHook(metricsHook, func(args []string) hooks.Hook {
		p := idPrefix(strings.Join(args, ""))
		return hooks.Hook{Req: p.asked, Resp: p.answered}
	})
}

// ownMetrics is to be called in a worker before it begins.
func ownMetrics(worker string) error {
	if err := hooks.EnableHook(metricsHook, worker); err != nil {
		return err
	}
	hooks.SerializeHooksToOptions()
	return nil
}

type prefix string

func idPrefix(worker string) prefix {
	h := fnv.New64a()
	io.WriteString(h, worker)
	return prefix(fmt.Sprintf("%x.", h.Sum64()))
}

func (p prefix) asked(ctx context.Context, req *fnpb.InstructionRequest) (context.Context, error) {
	ids := req.GetMonitoringInfos().GetMonitoringInfoId()
	for i := range ids {
		ids[i] = strings.TrimPrefix(ids[i], string(p))
	}
	return ctx, nil
}

func (p prefix) answered(_ context.Context, _ *fnpb.InstructionRequest, resp *fnpb.InstructionResponse) error {
	if r := resp.GetProcessBundle(); r != nil {
		r.MonitoringData = prefixed(p, r.MonitoringData)
	}
	if r := resp.GetProcessBundleProgress(); r != nil {
		r.MonitoringData = prefixed(p, r.MonitoringData)
	}
	if r := resp.GetMonitoringInfos(); r != nil {
		r.MonitoringInfo = prefixed(p, r.MonitoringInfo)
	}
	return nil
}

func prefixed[V any](p prefix, m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	for id, v := range m {
		out[string(p)+id] = v
	}
	return out
}
