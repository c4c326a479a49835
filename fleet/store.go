package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/fileblob"  // file://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"

	"github.com/tracerec/tracerec/analyze/fleet"
)

// A location is a path of this machine, or the URL of an object as gocloud.dev knows them:
// s3://BUCKET/KEY?region=…, gs://BUCKET/KEY, azblob://CONTAINER/KEY, file:///PATH. What follows
// a ? says how to get at the bucket and is no part of names.

func isURL(location string) bool { return strings.Contains(location, "://") }

// name is a location in reports.
func name(location string) string {
	if isURL(location) {
		location, _, _ = strings.Cut(location, "?")
	}
	return location
}

// object tells the bucket that gocloud opens from the key in it. Of files, the bucket is the directory.
func object(location string) (bucket, key string, err error) {
	u, err := url.Parse(location)
	if err != nil {
		return "", "", err
	}
	key = strings.TrimPrefix(u.Path, "/")
	if u.Scheme == "file" {
		dir, base := path.Split(u.Path)
		u.Path, key = dir, base
		u.RawQuery = fileQuery(u.Query())
	} else {
		u.Path = ""
	}
	u.RawPath = ""
	return u.String(), key, nil
}

// fileQuery has files written beside their final name and without a second file of attributes.
func fileQuery(q url.Values) string {
	q.Set("no_tmp_dir", "true")
	q.Set("metadata", "skip")
	return q.Encode()
}

var (
	bucketsMu sync.Mutex
	buckets   = map[string]*blob.Bucket{}
)

// open gives a bucket, which is opened once in a process: clients of clouds are expensive.
func open(ctx context.Context, bucket string) (*blob.Bucket, error) {
	bucketsMu.Lock()
	defer bucketsMu.Unlock()
	if b := buckets[bucket]; b != nil {
		return b, nil
	}
	b, err := blob.OpenBucket(context.WithoutCancel(ctx), bucket)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(bucket, "file:") { // of which there are as many as directories
		buckets[bucket] = b
	}
	return b, nil
}

const globs = "*[{" // in URLs ? begins the query

// List gives the traces that a pattern names: of a directory or prefix every *.trc below, in globs ** is any directory. They are in the order of names.
func List(ctx context.Context, pattern string) ([]string, error) {
	if !isURL(pattern) {
		absolute, err := filepath.Abs(pattern)
		if err != nil {
			return nil, err
		}
		if !strings.ContainsAny(absolute, globs) {
			if _, err := os.Stat(absolute); err != nil {
				return nil, err // a name that was mistyped is no host that has sent nothing
			}
		}
		files, _, err := fleet.Expand([]string{absolute})
		return files, err
	}
	u, err := url.Parse(pattern)
	if err != nil {
		return nil, err
	}
	glob := strings.TrimPrefix(u.Path, "/")
	prefix := glob
	if i := strings.IndexAny(glob, globs); i >= 0 {
		prefix = glob[:strings.LastIndexByte(glob[:i], '/')+1]
	} else if strings.HasSuffix(glob, ".trc") {
		return []string{pattern}, nil
	} else {
		if prefix != "" && !strings.HasSuffix(prefix, "/") {
			prefix += "/"
		}
		glob = prefix + "**/*.trc"
	}
	bucket, root := *u, ""
	bucket.RawPath = ""
	if u.Scheme == "file" {
		root, bucket.Path = prefix, "/"+prefix
		bucket.RawQuery = fileQuery(u.Query())
		prefix = ""
	} else {
		bucket.Path = ""
	}
	b, err := open(ctx, bucket.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name(pattern), err)
	}
	var found []string
	for it := b.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", name(pattern), err)
		}
		key := root + o.Key
		if ok, err := doublestar.Match(glob, key); err != nil {
			return nil, fmt.Errorf("%s: %w", name(pattern), err)
		} else if ok && !o.IsDir {
			at := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/" + key, RawQuery: u.RawQuery}
			found = append(found, at.String())
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no *.trc is called so", name(pattern))
	}
	return found, nil
}

// fetch makes an object a file of this machine, which done removes. A path stands for itself.
func fetch(ctx context.Context, location string) (file string, done func() error, err error) {
	if !isURL(location) {
		return location, func() error { return nil }, nil
	}
	bucket, key, err := object(location)
	if err != nil {
		return "", nil, err
	}
	b, err := open(ctx, bucket)
	if err != nil {
		return "", nil, err
	}
	f, err := os.CreateTemp("", "tracerec-fleet-*.trc")
	if err != nil {
		return "", nil, err
	}
	done = func() error { return os.Remove(f.Name()) }
	err = b.Download(ctx, key, f, nil)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, errors.Join(fmt.Errorf("fetch %s: %w", name(location), err), done())
	}
	return f.Name(), done, nil
}

// remote reads an object by ranges, a page at a time: of a sealed file a header and its index
// are three.
type remote struct {
	ctx    context.Context
	b      *blob.Bucket
	key    string
	size   int64
	page   []byte
	at     int64 // of page
	failed error // that was not about the object's bytes
}

const pageSize = 256 << 10

func openRemote(ctx context.Context, location string) (*remote, error) {
	bucket, key, err := object(location)
	if err != nil {
		return nil, err
	}
	b, err := open(ctx, bucket)
	if err != nil {
		return nil, err
	}
	attrs, err := b.Attributes(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("%s: %w", name(location), fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name(location), err)
	}
	return &remote{ctx: ctx, b: b, key: key, size: attrs.Size}, nil
}

// ReadAt implements io.ReaderAt, for one goroutine.
func (r *remote) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at >= r.size {
			return n, io.EOF
		}
		if at < r.at || at >= r.at+int64(len(r.page)) {
			start := at - at%pageSize
			in, err := r.b.NewRangeReader(r.ctx, r.key, start, pageSize, nil)
			if err == nil {
				r.page, err = io.ReadAll(in)
				err = errors.Join(err, in.Close())
			}
			if err == nil && int64(len(r.page)) <= at-start {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				r.page, r.failed = nil, err
				return n, err
			}
			r.at = start
		}
		n += copy(p[n:], r.page[at-r.at:])
	}
	return n, nil
}

// Output is where results go: a directory or the URL of one.
type Output string

func (o Output) bucket(ctx context.Context, key string) (*blob.Bucket, string, error) {
	location := string(o)
	if !isURL(location) {
		absolute, err := filepath.Abs(location)
		if err != nil {
			return nil, "", err
		}
		location = (&url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}).String()
	}
	u, err := url.Parse(location)
	if err != nil {
		return nil, "", err
	}
	if u.Scheme == "file" {
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("dir_file_mode", "0700") // findings are as private as recordings
		u.RawQuery = fileQuery(q)
		b, err := open(ctx, u.String())
		return b, key, err
	}
	prefix := strings.Trim(u.Path, "/")
	u.Path, u.RawPath = "", ""
	b, err := open(ctx, u.String())
	return b, path.Join(prefix, key), err
}

// Write makes an object of what fill writes: whole, or not at all.
func (o Output) Write(ctx context.Context, key string, fill func(io.Writer) error) error {
	b, key, err := o.bucket(ctx, key)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close this drops the object
	w, err := b.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("write %s to %s: %w", key, o, err)
	}
	if err := fill(w); err != nil {
		cancel()
		w.Close()
		return fmt.Errorf("write %s to %s: %w", key, o, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("write %s to %s: %w", key, o, err)
	}
	return nil
}

// lines calls each for every line of an object.
func (o Output) lines(ctx context.Context, key string, each func([]byte) error) (err error) {
	b, key, err := o.bucket(ctx, key)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("read %s of %s: %w", key, o, err)
		}
	}()
	in, err := b.NewReader(ctx, key, nil)
	if err != nil {
		return err
	}
	defer in.Close()
	for r := bufio.NewReader(in); ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := each(line); err != nil {
			return err
		}
	}
}

// Empty says whether nothing is there yet.
func (o Output) Empty(ctx context.Context) (bool, error) {
	b, prefix, err := o.bucket(ctx, "")
	if err != nil {
		return false, err
	}
	if prefix != "" {
		prefix += "/"
	}
	_, err = b.List(&blob.ListOptions{Prefix: prefix}).Next(ctx)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// halfWritten is how fileblob calls files until they are whole.
var halfWritten = regexp.MustCompile(`\.(jsonl|parquet)\.[0-9a-f]+\.tmp$`)

// clean removes what workers that were killed have left half written. Object stores leave nothing.
func (o Output) clean() error {
	dir := string(o)
	if isURL(dir) {
		u, err := url.Parse(dir)
		if err != nil || u.Scheme != "file" {
			return err
		}
		dir = u.Path
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && halfWritten.MatchString(path) {
			err = os.Remove(path)
		}
		return err
	})
}
