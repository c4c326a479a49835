package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/xlangx"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx" // the runners
	"google.golang.org/protobuf/proto"
)

// processesRunner submits a job as the universal runner does, but asks the worker pool for a process for
// each shard: an environment of its own is what makes a runner start another worker.
const processesRunner = "processes"

func init() { beam.RegisterRunner(processesRunner, executeProcesses) }

// Run does the work on a runner. An attempt that fails is repeated, as Prism gives up when
// a worker dies: what was written is written again, with the same bytes. At the end it
// writes _SUCCESS.
func Run(ctx context.Context, runner string, o Options, attempts int, talk io.Writer) error {
	if o.Shards > 1 && runner == "universal" && strings.EqualFold(*jobopts.EnvironmentType, "external") {
		runner = processesRunner
	}
	for attempt := 1; ; attempt++ {
		p, s := beam.NewPipelineWithRoot()
		Build(s, o)
		_, err := beam.Run(ctx, runner, p)
		if err == nil {
			if err := Output(o.Output).clean(); err != nil {
				return err
			}
			return succeeded(ctx, Output(o.Output))
		}
		if attempt >= attempts || ctx.Err() != nil {
			return err
		}
		fmt.Fprintf(talk, "tracerec-fleet: attempt %d of %d: %v\n", attempt, attempts, err)
		time.Sleep(time.Second)
	}
}

// success is what stands in _SUCCESS.
type success struct {
	Hosts       int    `json:"hosts"`
	Files       int    `json:"files"` // that were read
	FilesUnread int    `json:"files_unread"`
	Rows        uint64 `json:"rows"`
	Findings    uint64 `json:"findings"`
}

// succeeded writes what was done. It is counted by what was written: a runner's own counters
// know nothing of what a worker did that died before it told.
func succeeded(ctx context.Context, out Output) error {
	var sum success
	hosts := map[string]bool{}
	err := out.lines(ctx, "fleet.jsonl", func(line []byte) error {
		var v struct {
			Type, Host string
			Files      int
			Rows       uint64
			Severities map[string]uint64
		}
		if err := json.Unmarshal(line, &v); err != nil {
			return err
		}
		switch v.Type {
		case "host":
			hosts[v.Host] = true
			sum.Files += v.Files
			sum.Rows += v.Rows
			for _, n := range v.Severities {
				sum.Findings += n
			}
		case "unread":
			sum.FilesUnread++
		}
		return nil
	})
	if err != nil {
		return err
	}
	sum.Hosts = len(hosts)
	return out.Write(ctx, "_SUCCESS", func(w io.Writer) error { return json.NewEncoder(w).Encode(&sum) })
}

// executeProcesses is universal.Execute but for the environments.
func executeProcesses(ctx context.Context, p *beam.Pipeline) (beam.PipelineResult, error) {
	endpoint, err := jobopts.GetEndpoint()
	if err != nil {
		return nil, err
	}
	edges, _, err := p.Build()
	if err != nil {
		return nil, err
	}
	xlangx.ResolveArtifacts(ctx, edges, nil)
	environment, err := graphx.CreateEnvironment(ctx, jobopts.GetEnvironmentUrn(ctx), jobopts.GetEnvironmentConfig)
	if err != nil {
		return nil, err
	}
	pipeline, err := graphx.Marshal(edges, &graphx.Options{Environment: environment, PipelineResourceHints: jobopts.GetPipelineResourceHints()})
	if err != nil {
		return nil, err
	}
	ownEnvironments(pipeline)
	// The pool's processes are this program already: nothing has to be staged.
	return runnerlib.Execute(ctx, pipeline, endpoint, &runnerlib.JobOptions{Name: jobopts.GetJobName(), Experiments: jobopts.GetExperiments(), Loopback: true}, false)
}

// ownEnvironments gives each shard an environment.
func ownEnvironments(p *pipepb.Pipeline) (n int) {
	c := p.Components
	own := map[string]*pipepb.Environment{}
	for _, t := range c.Transforms {
		shard, ok := shardOf(t.UniqueName)
		base := c.Environments[t.EnvironmentId]
		if !ok || base == nil || len(t.Subtransforms) > 0 {
			continue
		}
		id := fmt.Sprintf("%s-%s", t.EnvironmentId, shard)
		if own[id] == nil {
			own[id] = proto.CloneOf(base)
			own[id].Dependencies = nil
		}
		t.EnvironmentId = id
	}
	maps.Copy(c.Environments, own)
	return len(own)
}

// shardOf reads the number of a shard out of a transform's name.
func shardOf(name string) (string, bool) {
	_, rest, ok := strings.Cut(name, "analyze shard ")
	n, _, _ := strings.Cut(rest, " ")
	return n, ok && n != ""
}
