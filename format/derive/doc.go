// Package derive makes trace files of trace files: repair, filter, split,
// merge, repack. What it makes is sealed, and its header says of what it was
// made, by which verb, and what could not be read (Header.Origin).
//
// It must not know what rows mean together: who needs state to be carried into a part
// hands in a format.Follower.
package derive
