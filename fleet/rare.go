package fleet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/tracerec/tracerec/analyze/fleet"
)

func init() {
	beam.RegisterType(reflect.TypeFor[seen]())
	beam.RegisterType(reflect.TypeFor[spread]())
	beam.RegisterType(reflect.TypeFor[sighting]())
	register.Function2x1(addSeen)
	register.Function2x1(addSpread)
	register.Function2x2(perHost)
	register.Function2x1(asSighting)
	register.DoFn4x1[context.Context, int, func(*string) bool, func(*sighting) bool, error](&fleetFn{})
	register.Iter1[string]()
	register.Iter1[sighting]()
}

// seen is how often and when first something was seen on a host.
type seen struct{ Count, First int64 }

func addSeen(a, b seen) seen { return seen{a.Count + b.Count, min(a.First, b.First)} }

// spread is how far something is spread over hosts. Those of two spreads are different hosts.
type spread struct {
	Hosts, Count, First int64
	FirstHost           string
	On                  []string // the first of them by name
}

func addSpread(a, b spread) spread {
	if cmp.Or(cmp.Compare(b.First, a.First), cmp.Compare(b.FirstHost, a.FirstHost)) < 0 {
		a, b = b, a
	}
	on := slices.Concat(a.On, b.On)
	slices.Sort(on)
	return spread{a.Hosts + b.Hosts, a.Count + b.Count, a.First, a.FirstHost, on[:min(len(on), fleet.SomeHosts)]}
}

// seenKey is a kind, a host and what was seen there, in which any byte may be.
func seenKey(kind, key, host string) []byte {
	k := binary.AppendUvarint([]byte{byte(slices.Index(fleet.Kinds, kind))}, uint64(len(host)))
	return append(append(k, host...), key...)
}

// perHost takes the host out of a key: (kind, host, what), seen ─► (kind, what), spread.
func perHost(k []byte, s seen) ([]byte, spread) {
	n, size := binary.Uvarint(k[1:])
	if size <= 0 || n > uint64(len(k)-1-size) {
		panic(fmt.Sprintf("key %x of a sighting is cut off", k))
	}
	host, what := k[1+size:1+size+int(n)], k[1+size+int(n):]
	return append([]byte{k[0]}, what...), spread{1, s.Count, s.First, string(host), []string{string(host)}}
}

// sighting is a line of the report to be.
type sighting struct {
	Key    []byte // kind, what
	Spread spread
}

func asSighting(k []byte, s spread) sighting { return sighting{k, s} }

// fleetFn writes fleet.jsonl: what `tracerec analyze --json DIR` says about the fleet, line for line, and the files that
// could not be read.
type fleetFn struct{ Output string }

func (f *fleetFn) ProcessElement(ctx context.Context, _ int, lines func(*string) bool, sightings func(*sighting) bool) error {
	hosts, unread := map[[2]string]string{}, []string{}
	names := map[string]bool{}
	for line := ""; lines(&line); {
		var v struct {
			Type, Host string
			BootID     string `json:"boot_id"`
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return err
		}
		if v.Type != "host" {
			unread = append(unread, line)
			continue
		}
		hosts[[2]string{v.Host, v.BootID}] = line
		names[v.Host] = true
	}
	slices.Sort(unread)
	order := make([][2]string, 0, len(hosts))
	for k := range hosts {
		order = append(order, k)
	}
	slices.SortFunc(order, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var list []*fleet.Sighting
	for s := (sighting{}); sightings(&s); s = (sighting{}) {
		list = append(list, &fleet.Sighting{
			Kind: fleet.Kinds[s.Key[0]], Key: string(s.Key[1:]), NumHosts: int(s.Spread.Hosts),
			Seen: fleet.Seen{Count: uint64(s.Spread.Count), First: s.Spread.First}, FirstHost: s.Spread.FirstHost, On: s.Spread.On,
		})
	}
	slices.SortFunc(list, func(a, b *fleet.Sighting) int {
		return cmp.Or(cmp.Compare(slices.Index(fleet.Kinds, a.Kind), slices.Index(fleet.Kinds, b.Kind)), a.Compare(b))
	})
	return Output(f.Output).Write(ctx, "fleet.jsonl", func(w io.Writer) error {
		var b bytes.Buffer
		for _, k := range order {
			b.WriteString(hosts[k])
		}
		for _, s := range list {
			line, err := s.Line(len(names))
			if err != nil {
				return err
			}
			b.Write(line)
		}
		for _, line := range unread {
			b.WriteString(line)
		}
		_, err := w.Write(b.Bytes())
		return err
	})
}
