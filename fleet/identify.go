package fleet

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/tracerec/tracerec/analyze/fleet"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

func init() {
	register.DoFn3x1[context.Context, string, func(string), error](&listFn{})
	register.DoFn4x1[context.Context, string, func(string, item), func(string), error](&identifyFn{})
	register.DoFn3x0[string, item, func(string, item)](&shardFn{})
	register.Emitter1[string]()
	register.Emitter2[string, item]()
	beam.RegisterType(reflect.TypeFor[item]())
}

// listFn: pattern ─► locations of files.
type listFn struct{}

func (*listFn) ProcessElement(ctx context.Context, pattern string, emit func(string)) error {
	files, err := List(ctx, pattern)
	for _, f := range files {
		emit(f)
	}
	return err
}

// item is a file, or one host of a file of several, and its place in a recording.
type item struct {
	Location  string
	Host      int64 // number of the host; -1 for a file of one
	Recording string
	Number    int64
}

// identifyFn: location ─► (host and boot, item); or a line about a file that cannot be read.
type identifyFn struct{}

func (*identifyFn) ProcessElement(ctx context.Context, location string, emit func(string, item), unread func(string)) error {
	headers, member, err := identify(ctx, location)
	var fault *accessError
	switch {
	case errors.As(err, &fault): // not the file's fault: the runner tries again
		return err
	case err != nil:
		line, err := fleet.UnreadLine(&fleet.Summary{File: name(location), Error: err.Error()})
		unread(string(line))
		return err
	}
	for n, h := range headers {
		at := item{location, int64(n), "", 0}
		if member != nil {
			at = item{location, -1, member.Recording, int64(member.Number)}
		}
		emit(groupKey(h), at)
	}
	return nil
}

// groupKey names a host and boot as text, whatever bytes the header has.
func groupKey(h *format.Header) string {
	key := fleet.Key(h)
	return show.Escape([]byte(key[0])) + "\n" + show.Escape([]byte(key[1]))
}

// accessError is about getting at a file and not about the file.
type accessError struct{ error }

func (e *accessError) Unwrap() error { return e.error }

// identify reads the header of a file, or those of its several hosts, which have no place in a recording.
func identify(ctx context.Context, location string) (headers []*format.Header, member *fleet.Member, err error) {
	var r *format.Reader
	if isURL(location) {
		in, err := openRemote(ctx, location)
		if err != nil {
			return nil, nil, missingOr(err)
		}
		if r, err = format.NewReader(in, in.size); in.failed != nil {
			return nil, nil, &accessError{in.failed}
		} else if err != nil {
			return nil, nil, err
		}
	} else if r, err = format.Open(location); err != nil {
		var path *os.PathError
		if errors.As(err, &path) && !errors.Is(err, io.ErrUnexpectedEOF) {
			err = missingOr(err)
		}
		return nil, nil, err
	}
	defer r.Close()
	if hosts := r.Header().Hosts; len(hosts) > 0 {
		return hosts, nil, nil
	}
	m := fleet.MemberOf(r, location)
	return []*format.Header{r.Header()}, &m, nil
}

// missingOr leaves alone that a file is not there or not for us: it will be the same the next time.
func missingOr(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return &accessError{err}
}

// shardFn keeps one of N shards of the groups.
type shardFn struct{ N, I uint32 }

func (f *shardFn) ProcessElement(key string, at item, emit func(string, item)) {
	h := fnv.New32a()
	io.WriteString(h, key)
	if h.Sum32()%f.N == f.I {
		emit(key, at)
	}
}
