package format

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// After Arrow's end of stream, where Arrow's readers stop, a sealed file has
//
//	prologue   32 bytes   how long what follows is
//	index      120 bytes per block
//	totals     JSON
//	trailer    152 bytes  at the very end of the file
//
// All numbers are little-endian.
const (
	prologueSize = 32
	entrySize    = 120
	trailerSize  = 152

	prologueMagic = "TRCINDEX"
	trailerMagic  = "TRACEREC"
)

type footer struct {
	blocks  uint64
	totals  uint32 // length of the JSON
	version uint32
}

// size is the length of prologue, index, totals and trailer.
func (f footer) size() int64 {
	return prologueSize + int64(f.blocks)*entrySize + int64(f.totals) + trailerSize
}

// prologue: magic 8, blocks u64, totals length u32, version u32, zeros 4,
// CRC-32C of these 28 bytes u32.
func appendPrologue(dst []byte, f footer) []byte {
	start := len(dst)
	dst = append(dst, prologueMagic...)
	dst = binary.LittleEndian.AppendUint64(dst, f.blocks)
	dst = binary.LittleEndian.AppendUint32(dst, f.totals)
	dst = binary.LittleEndian.AppendUint32(dst, f.version)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func parsePrologue(b []byte) (f footer, ok bool) {
	f.blocks = binary.LittleEndian.Uint64(b[8:])
	f.totals = binary.LittleEndian.Uint32(b[16:])
	f.version = binary.LittleEndian.Uint32(b[20:])
	if f.blocks > MaxBlocks || f.totals > MaxTotals || f.version < 1 || f.version > Version {
		return footer{}, false
	}
	var want [prologueSize]byte
	return f, string(appendPrologue(want[:0], f)) == string(b[:prologueSize])
}

// appendEntry appends a block's entry of the index.
func appendEntry(dst []byte, i *BlockInfo) []byte {
	le := binary.LittleEndian
	for _, v := range [...]uint64{
		uint64(i.Offset), uint64(i.Size), i.Seq, uint64(i.First), uint64(i.Last),
		uint64(i.Clock.Boottime), uint64(i.Clock.Realtime), i.Lost, i.Events,
	} {
		dst = le.AppendUint64(dst, v)
	}
	for _, v := range [...]uint32{uint32(i.Rows), i.MinPID, i.MaxPID, i.meta} {
		dst = le.AppendUint32(dst, v)
	}
	return append(dst, i.Chain[:]...)
}

func parseEntry(b []byte, number uint64) (i BlockInfo) {
	le := binary.LittleEndian
	i.Number = number
	i.Offset, i.Size, i.Seq = int64(le.Uint64(b)), int64(le.Uint64(b[8:])), le.Uint64(b[16:])
	i.First, i.Last = int64(le.Uint64(b[24:])), int64(le.Uint64(b[32:]))
	i.Clock = Clock{int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))}
	i.Lost, i.Events = le.Uint64(b[56:]), le.Uint64(b[64:])
	i.Rows, i.MinPID, i.MaxPID, i.meta = int(le.Uint32(b[72:])), le.Uint32(b[76:]), le.Uint32(b[80:]), le.Uint32(b[84:])
	copy(i.Chain[:], b[88:])
	return i
}

// seal is the final hash: SHA-256 of the chain value of the last block (of
// the header, when there is none) and prologue, index and totals.
func seal(last *[32]byte, footer []byte) (sum [32]byte) {
	h := sha256.New()
	h.Write(last[:])
	h.Write(footer)
	h.Sum(sum[:0])
	return sum
}

// trailer: offset of the prologue u64, final hash 32, signature 96 (ed25519
// public key 32 and signature 64, zeros when not signed), CRC-32C of
// prologue, index and totals u32, CRC-32C of the 140 bytes before u32, magic 8.
func appendTrailer(dst []byte, at int64, hash *[32]byte, sig *signature, footer []byte) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(at))
	dst = append(dst, hash[:]...)
	dst = append(dst, sig[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(footer, castagnoli))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
	return append(dst, trailerMagic...)
}

type trailer struct {
	at   int64 // of the prologue
	hash [32]byte
	sig  signature
	sum  uint32
}

func parseTrailer(b []byte) (t trailer, ok bool) {
	t.at = int64(binary.LittleEndian.Uint64(b))
	copy(t.hash[:], b[8:])
	copy(t.sig[:], b[40:])
	t.sum = binary.LittleEndian.Uint32(b[136:])
	return t, string(b[144:152]) == trailerMagic &&
		crc32.Checksum(b[:140], castagnoli) == binary.LittleEndian.Uint32(b[140:])
}

// appendFooter appends everything from the end of the stream on; at is its
// offset in the file.
func appendFooter(dst []byte, version uint32, at int64, blocks []BlockInfo, last *[32]byte, t *Totals, key ed25519.PrivateKey) (_ []byte, hash [32]byte, err error) {
	totals, err := json.Marshal(t)
	if err != nil {
		return nil, hash, fmt.Errorf("totals: %w", err)
	}
	if len(totals) > MaxTotals {
		return nil, hash, &LimitError{"bytes of totals", len(totals), MaxTotals}
	}
	dst = append(dst, endOfStream...)
	start := len(dst)
	dst = appendPrologue(dst, footer{uint64(len(blocks)), uint32(len(totals)), version})
	for i := range blocks {
		dst = appendEntry(dst, &blocks[i])
	}
	dst = append(dst, totals...)
	hash = seal(last, dst[start:])
	var sig signature
	if key != nil {
		sig = sign(key, &hash)
	}
	return appendTrailer(dst, at+int64(len(endOfStream)), &hash, &sig, dst[start:]), hash, nil
}
