// Package cgname recognises containers and systemd units by the paths of their
// cgroups.
//
// It asks nobody: names follow from paths alone, so that they can be had offline, too.
package cgname
