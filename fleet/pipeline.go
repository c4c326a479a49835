package fleet

import (
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// Options say what is analysed and where results go.
type Options struct {
	Inputs   []string // directories, globs and URLs of them
	Output   string   // directory or URL of one
	Analyses []string // names of analyze.Kinds; empty: all, unless there are policies
	Policies []Policy
	// Shards cuts the analysis into so many stages: Prism works on a stage's elements one after the other, and
	// takes a process for each stage that is to have its own (Run). Other runners divide the work themselves and need one.
	Shards  int
	Verbose bool
}

// shardScope names the transforms that a process of its own may do.
func shardScope(i int) string { return fmt.Sprintf("analyze shard %d of", i) }

// Build adds the work to a pipeline.
func Build(s beam.Scope, o Options) {
	files := beam.ParDo(s.Scope("list"), &listFn{}, beam.CreateList(s, o.Inputs))
	identified, broken := beam.ParDo2(s.Scope("identify"), &identifyFn{}, beam.Reshuffle(s, files))
	shards := uint32(max(o.Shards, 1))
	lines, seenThere := []beam.PCollection{broken}, []beam.PCollection{}
	for i := range shards {
		in := s.Scope(fmt.Sprintf("%s %d", shardScope(int(i)), shards))
		part := identified
		if shards > 1 {
			part = beam.ParDo(s.Scope("choose"), &shardFn{shards, i}, identified)
		}
		hosts, saw := beam.ParDo2(in, &analyzeFn{Analyses: o.Analyses, Policies: o.Policies, Output: o.Output, Verbose: o.Verbose}, beam.GroupByKey(s, part))
		lines, seenThere = append(lines, hosts), append(seenThere, saw)
	}
	s = s.Scope("add up")
	onHost := beam.CombinePerKey(s, addSeen, beam.Flatten(s, seenThere...))
	everywhere := beam.CombinePerKey(s, addSpread, beam.ParDo(s, perHost, onHost))
	all := beam.CoGroupByKey(s, beam.AddFixedKey(s, beam.Flatten(s, lines...)), beam.AddFixedKey(s, beam.ParDo(s, asSighting, everywhere)))
	beam.ParDo0(s, &fleetFn{o.Output}, all)
}
