package replay

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/tracerec/tracerec/format"
)

// An index of a file is checkpoints of what lived, one every so many rows, so
// that the state at a moment is that of the checkpoint before and few rows
// more. It stands beside the file, as FILE.trx:
//
//	checkpoints  zstd of snapshot, one behind the other
//	footer       gob of indexFooter
//	trailer      length of the footer u64, HMAC-SHA256 of the footer 32, magic 8
//
// It is a cache, and no evidence. So that nobody slips an analyst a false past
// along with a recording, the footer, which has a hash of each checkpoint, is
// authenticated with a key of the user's own: an index that another user or
// machine made is stale, like one of another file or another version.
type Index struct {
	f    *os.File
	foot indexFooter
}

const (
	indexMagic   = "TRCINDX1"
	indexTrailer = 8 + sha256.Size + 8
	// IndexWorth is from how many rows on an index saves time that one notices.
	IndexWorth = 4 << 20
)

// IndexEvery is how many rows there are from one checkpoint to the next. A
// file that has not more has no checkpoint, and is not read sooner with an
// index. Tests make it smaller.
var IndexEvery uint64 = 1 << 20

// stateVersion is to be raised when rows come to mean something else to State.
const stateVersion = 1

type indexFooter struct {
	State       int    // stateVersion
	Table       string // digest of the tables
	ID          [16]byte
	Blocks      int      // of the file when it was indexed; it may have grown since
	Chain       [32]byte // of the last of them
	Checkpoints []checkpoint
}

// checkpoint is the state before a block.
type checkpoint struct {
	Block  int
	Last   int64 // latest end of a row that is in it
	Offset int64
	Size   int64
	Sum    [32]byte
}

// IndexPath is where the index of a file is.
func IndexPath(file string) string {
	const ext = ".trc"
	if filepath.Ext(file) == ext {
		return file[:len(file)-len(ext)] + ".trx"
	}
	return file + ".trx"
}

// ErrStale says that an index is not of this file, user and version.
var ErrStale = errors.New("the index is not of this file as it is, or was made by another user or version")

// indexKey is the user's own, made when it is first wanted.
func indexKey() ([]byte, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("index: no place for its key: %w", err)
	}
	dir = filepath.Join(dir, "tracerec")
	path := filepath.Join(dir, "index.key")
	if key, err := os.ReadFile(path); err == nil && len(key) == 64 {
		return key, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	text := []byte(hex.EncodeToString(key))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return text, nil
}

func authenticate(key, footer []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(footer)
	return mac.Sum(nil)
}

// BuildIndex folds a whole file and writes its index to path. A damaged file
// has none.
func BuildIndex(src Source, path string) (*State, error) {
	r := src.reader
	if r == nil || r.BlockCount() == 0 {
		return nil, errors.New("index: there are no rows")
	}
	key, err := indexKey()
	if err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	foot := indexFooter{State: stateVersion, Table: r.Header().Table, ID: r.ID(), Blocks: r.BlockCount(), Chain: r.BlockInfo(r.BlockCount() - 1).Chain}
	s := New()
	s.living = true
	var written int64
	next, block := IndexEvery, 0
	for b, err := range src.Blocks(Columns, math.MinInt64, math.MaxInt64) {
		if err != nil {
			var cut *format.CutError
			if errors.As(err, &cut) {
				continue
			}
			return nil, fmt.Errorf("index: a damaged file has none: %w", err)
		}
		if s.rows >= next {
			next = s.rows + IndexEvery
			raw, err := s.snapshot().encode()
			if err != nil {
				return nil, fmt.Errorf("index: %w", err)
			}
			raw = encoder.EncodeAll(raw, nil)
			if _, err := tmp.Write(raw); err != nil {
				return nil, fmt.Errorf("index: %w", err)
			}
			foot.Checkpoints = append(foot.Checkpoints, checkpoint{block, s.last, written, int64(len(raw)), sha256.Sum256(raw)})
			written += int64(len(raw))
		}
		if err := s.Apply(b); err != nil {
			return nil, err
		}
		block++
	}
	var footer bytes.Buffer
	if err := gob.NewEncoder(&footer).Encode(foot); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	tail := binary.LittleEndian.AppendUint64(bytes.Clone(footer.Bytes()), uint64(footer.Len()))
	tail = append(append(tail, authenticate(key, footer.Bytes())...), indexMagic...)
	if _, err := tmp.Write(tail); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := tmp.Close(); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return s, nil
}

// OpenIndex opens the index of a file. It is ErrStale when it must not be
// used, and fs.ErrNotExist when there is none.
func OpenIndex(path string, r *format.Reader) (*Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	x := &Index{f: f}
	if !x.load(r) {
		f.Close()
		return nil, ErrStale
	}
	return x, nil
}

// Checkpoints counts the moments from which answers can begin.
func (x *Index) Checkpoints() int { return len(x.foot.Checkpoints) }

// Close closes the index.
func (x *Index) Close() error { return x.f.Close() }

func (x *Index) load(r *format.Reader) bool {
	info, err := x.f.Stat()
	if err != nil || info.Size() < indexTrailer || !info.Mode().IsRegular() {
		return false
	}
	tail := make([]byte, indexTrailer)
	if _, err := x.f.ReadAt(tail, info.Size()-indexTrailer); err != nil || string(tail[indexTrailer-8:]) != indexMagic {
		return false
	}
	size := binary.LittleEndian.Uint64(tail)
	if size > uint64(info.Size()-indexTrailer) || size > 64<<20 {
		return false
	}
	footer := make([]byte, size)
	if _, err := x.f.ReadAt(footer, info.Size()-indexTrailer-int64(size)); err != nil {
		return false
	}
	key, err := indexKey()
	if err != nil || !hmac.Equal(authenticate(key, footer), tail[8:8+sha256.Size]) {
		return false
	}
	if gob.NewDecoder(bytes.NewReader(footer)).Decode(&x.foot) != nil {
		return false
	}
	n := x.foot.Blocks
	return x.foot.State == stateVersion && x.foot.Table == r.Header().Table && x.foot.ID == r.ID() && len(r.Holes()) == 0 &&
		n > 0 && n <= r.BlockCount() && r.BlockInfo(n-1).Chain == x.foot.Chain
}

// before is the state of the last checkpoint in which nothing happened after
// moment at, nil for none.
func (x *Index) before(at int64) (*State, int, error) {
	for i := len(x.foot.Checkpoints) - 1; i >= 0; i-- {
		c := &x.foot.Checkpoints[i]
		if c.Last > at {
			continue
		}
		raw := make([]byte, c.Size)
		if _, err := x.f.ReadAt(raw, c.Offset); err != nil || sha256.Sum256(raw) != c.Sum {
			return nil, 0, ErrStale
		}
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4<<30))
		if err != nil {
			return nil, 0, err
		}
		defer decoder.Close()
		if raw, err = decoder.DecodeAll(raw, nil); err != nil {
			return nil, 0, ErrStale
		}
		v, err := decodeSnapshot(raw)
		if err != nil {
			return nil, 0, ErrStale
		}
		s, err := v.state()
		return s, c.Block, err
	}
	return nil, 0, nil
}
