using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;

namespace Orrery.Interchange;

/// <summary>The traces of one job: a file for each rank, or one for each class of ranks that run the same.</summary>
/// <param name="Traces">By rank.</param>
/// <param name="World">Ranks of the job.</param>
public sealed record TraceSet(ImmutableArray<ChakraTrace> Traces, int World)
{
    private const int MostWorld = 1 << 24;

    /// <summary>True where some ranks have no file of their own and run as another does.</summary>
    public bool IsFolded => Traces.Length < World;

    /// <summary>
    /// Reads the traces of a folder, of a prefix (<c>DIR/name</c> for <c>DIR/name.0.et</c>, as other tools take it), or one file. Every mistake of every file is
    /// told at once.
    /// </summary>
    /// <param name="path">Folder, prefix or file.</param>
    /// <param name="ranks">Ranks of the job; null takes what the files say, or as many as there are.</param>
    public static Result<TraceSet> Read(string path, int? ranks = null, ChakraLimits? limits = null)
    {
        limits ??= ChakraLimits.Default;
        List<Diagnostic> diagnostics = [];
        List<(int Rank, string File)> files = Find(path, limits, diagnostics);
        List<ChakraTrace> traces = [];
        long nodes = 0;
        foreach ((int rank, string file) in files)
        {
            Result<ChakraTrace> read = ChakraReader.ReadFile(file, rank, limits);
            diagnostics.AddRange(read.Diagnostics);
            if (read.Value is not { } trace)
                continue;
            nodes += trace.NodeCount;
            if (nodes > limits.AllNodes)
            {
                diagnostics.Add(Error(ReplayCodes.TooLarge, path, $"the files up to rank {rank} hold {nodes} nodes; at most {limits.AllNodes} are replayed"));
                return new(null, [.. diagnostics]);
            }

            traces.Add(trace);
        }

        if (diagnostics.Exists(static d => d.Severity == Severity.Error) || traces.Count == 0)
            return new(null, [.. diagnostics]);
        int world = JobSize(path, ranks, traces, diagnostics);
        return diagnostics.Exists(static d => d.Severity == Severity.Error)
            ? new(null, [.. diagnostics])
            : new(new TraceSet([.. traces], world), [.. diagnostics]);
    }

    private static int JobSize(string path, int? ranks, List<ChakraTrace> traces, List<Diagnostic> diagnostics)
    {
        int stated = 0, last = 0;
        foreach (ChakraTrace trace in traces)
        {
            if (trace.World > 0 && stated > 0 && trace.World != stated)
                diagnostics.Add(Error(ReplayCodes.WrongRanks, trace.File, $"the trace is of a job of {trace.World} ranks, another of one of {stated}"));
            stated = trace.World > 0 ? trace.World : stated;
            last = Math.Max(last, trace.Rank);
        }

        int world = ranks ?? (stated > 0 ? stated : traces.Count);
        if (world > MostWorld)
            diagnostics.Add(Error(ReplayCodes.WrongRanks, path, $"a job of {world} ranks; at most {MostWorld}"));
        if (last < world)
            return world;
        if (ranks is null && stated == 0)
        {
            // Without a word on the size of the job, every rank up to the last must be there.
            int expected = 0;
            foreach (ChakraTrace trace in traces)
            {
                for (; expected < trace.Rank && diagnostics.Count < 200; expected++)
                    diagnostics.Add(Error(ReplayCodes.MissingRank, path, $"rank {expected} has no trace, and rank {trace.Rank} has; say the size of the job with --ranks where ranks run alike"));
                expected = trace.Rank + 1;
            }
        }
        else
        {
            diagnostics.Add(Error(ReplayCodes.WrongRanks, path, $"there is a trace of rank {last}; the job has {world} ranks"));
        }

        return world;
    }

    private static List<(int Rank, string File)> Find(string path, ChakraLimits limits, List<Diagnostic> diagnostics)
    {
        List<(int Rank, string File)> files = [];
        try
        {
            if (File.Exists(path))
                return [(RankOf(Path.GetFileName(path)) ?? 0, path)];
            bool isFolder = Directory.Exists(path);
            string folder = isFolder ? path : Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
            string prefix = isFolder ? "" : Path.GetFileName(path) + ".";
            if (path.Length > 0 && Directory.Exists(folder))
            {
                foreach (string file in Directory.EnumerateFiles(folder))
                {
                    string name = Path.GetFileName(file);
                    if (name.StartsWith(prefix, StringComparison.Ordinal) && RankOf(name) is { } rank)
                        files.Add((rank, file));
                    if (files.Count > limits.Files)
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            diagnostics.Add(Error(ReplayCodes.Unreadable, path, ChakraReader.Reason(exception, path)));
            return files;
        }

        if (files.Count > limits.Files)
            diagnostics.Add(Error(ReplayCodes.TooLarge, path, $"more than {limits.Files} traces"));
        else if (files.Count == 0)
            diagnostics.Add(Error(ReplayCodes.MissingRank, path, "there is no trace; expected files such as step.0.et, one for each rank, or the prefix they share"));
        files.Sort(static (left, right) => left.Rank != right.Rank ? left.Rank.CompareTo(right.Rank) : string.CompareOrdinal(left.File, right.File));
        for (int index = 1; index < files.Count; index++)
        {
            if (files[index].Rank == files[index - 1].Rank)
            {
                diagnostics.Add(Error(
                    ReplayCodes.MissingRank, path, $"{Path.GetFileName(files[index - 1].File)} and {Path.GetFileName(files[index].File)} are both of rank {files[index].Rank}; name one by its prefix"));
            }
        }

        return diagnostics.Count > 0 ? [] : files;
    }

    /// <summary>The rank in a name such as <c>step.12.et</c> or <c>step.12.json.gz</c>; null in any other.</summary>
    private static int? RankOf(string name)
    {
        ReadOnlySpan<char> rest = name;
        if (rest.EndsWith(".gz", StringComparison.Ordinal))
            rest = rest[..^3];
        if (rest.EndsWith(".et", StringComparison.Ordinal))
            rest = rest[..^3];
        else if (rest.EndsWith(".json", StringComparison.Ordinal))
            rest = rest[..^5];
        else
            return null;
        int point = rest.LastIndexOf('.');
        return int.TryParse(rest[(point + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int rank) ? rank : null;
    }

    private static Diagnostic Error(string code, string file, string message) => new(Severity.Error, code, file, 0, 0, message);
}
