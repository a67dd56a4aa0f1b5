using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Validation.Collectives;

/// <summary>
/// Reads what the NCCL tests (<c>all_reduce_perf</c> and its siblings, RCCL's too) and <c>nccom-test</c> print: their tables, whatever stands around them
/// and in front of each line, and their JSON. Columns are found by the words above them. Never throws, whatever the bytes.
/// </summary>
/// <remarks>
/// Source of the formats: NVIDIA/nccl-tests, src/util.cu; the Neuron documentation, tools/neuron-sys-tools/nccom-test. Times are in microseconds; sizes by the
/// rule of the tests.
/// </remarks>
public static partial class BenchmarkOutput
{
    /// <summary>Largest output that is read, in bytes.</summary>
    public const long MostBytes = 16 << 20;

    private const int MostRows = 100_000;
    private const int MostComplaints = 20;

    /// <summary>Programs and short names by operation; longer names first, since one is part of another.</summary>
    private static readonly (string Word, CollectiveKind Kind)[] Words =
    [
        ("all_reduce", CollectiveKind.AllReduce), ("allreduce", CollectiveKind.AllReduce), ("all-reduce", CollectiveKind.AllReduce), ("allr", CollectiveKind.AllReduce),
        ("all_gather", CollectiveKind.AllGather), ("allgather", CollectiveKind.AllGather), ("all-gather", CollectiveKind.AllGather), ("allg", CollectiveKind.AllGather),
        ("reduce_scatter", CollectiveKind.ReduceScatter), ("reducescatter", CollectiveKind.ReduceScatter), ("reduce-scatter", CollectiveKind.ReduceScatter), ("redsct", CollectiveKind.ReduceScatter),
        ("alltoall", CollectiveKind.AllToAll), ("all_to_all", CollectiveKind.AllToAll), ("all-to-all", CollectiveKind.AllToAll),
        ("sendrecv", CollectiveKind.PointToPoint), ("send_recv", CollectiveKind.PointToPoint), ("p2p", CollectiveKind.PointToPoint),
        ("broadcast", CollectiveKind.Broadcast),
    ];

    /// <summary>The operation a word names; null where it names none.</summary>
    public static CollectiveKind? KindOf(string text)
    {
        foreach ((string word, CollectiveKind kind) in Words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                return kind;
        }

        return null;
    }

    /// <summary>Reads a file.</summary>
    public static ImmutableArray<BenchmarkRow> ReadFile(string path, BenchmarkHints hints, ICollection<Diagnostic> problems)
    {
        try
        {
            if (new FileInfo(path).Length <= MostBytes)
                return Read(File.ReadAllText(path), path, hints, problems);
            problems.Add(new(Severity.Error, BenchmarkCodes.Unreadable, path, 0, 0, $"is larger than the {MostBytes >> 20} MiB that are read"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problems.Add(new(Severity.Error, BenchmarkCodes.Unreadable, path, 0, 0, failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "cannot be read"));
        }

        return [];
    }

    /// <summary>Reads a text; its rows in order, those that cannot be used left out with a complaint each.</summary>
    /// <param name="file">What messages call it; its name may say which operation it is.</param>
    public static ImmutableArray<BenchmarkRow> Read(string text, string file, BenchmarkHints hints, ICollection<Diagnostic> problems)
    {
        Reading reading = new(file, hints, problems);
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        // mpirun begins its lines with [1,0]: a bracket alone does not make JSON.
        bool isJson = start.Length > 0 && (start[0] == '{' || (start[0] == '[' && start[1..].TrimStart().StartsWith('{')));
        if (isJson)
            reading.Json(text);
        else
            reading.Table(text);
        return reading.Finish();
    }

    /// <summary><c>[1,0]&lt;stdout&gt;:</c> of mpirun, <c>12:</c> of Slurm, <c>host: </c> of parallel shells before what the test printed.</summary>
    [GeneratedRegex(@"^(\[\d+,\d+\]<std\w+>:?\s?|\d+:\s|[\w.-]+:\s(?=\s*[#\d]))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Prefix();

    [GeneratedRegex(@"\bRank\s+\d+\b.*\bon\s+(?<host>\S+)\s+device\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Device();

    [GeneratedRegex(@"(?<program>[a-z_]+)_perf", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Program();

    [GeneratedRegex(@"nccom-test\b(?<words>.*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Nccom();

    [GeneratedRegex(@"(^|\s)(-r|--nworkers)[ =]*(?<ranks>\d{1,7})\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Workers();

    [GeneratedRegex(@"(^|\s)(-N|--nnodes)[ =]*(?<nodes>\d{1,6})\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Nodes();

    private sealed class Reading(string file, BenchmarkHints hints, ICollection<Diagnostic> problems)
    {
        private readonly List<BenchmarkRow> rows = [];
        private readonly HashSet<string> hosts = new(StringComparer.Ordinal);
        private CollectiveKind? kind = hints.Kind;
        private int devices;
        private int workers;
        private int nodes;
        private int complaints;
        private bool hasTable;
        private bool saidKind;

        public void Table(string text)
        {
            Columns? columns = null;
            int number = 0;
            foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
            {
                number++;
                if (raw.Length > 4096)
                    continue;
                string line = Prefix().Replace(raw.ToString(), "");
                if (Device().Match(line) is { Success: true } device)
                {
                    devices++;
                    hosts.Add(device.Groups["host"].Value);
                    continue;
                }

                if (hints.Kind is null && Program().Match(line) is { Success: true } program && KindOf(program.Groups["program"].Value) is { } found)
                    kind = found;
                if (Nccom().Match(line) is { Success: true } nccom)
                    Command(nccom.Groups["words"].Value);
                string[] words = line.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (words.Length > 0 && words[0] == "#")
                    words = words[1..];
                if (Columns.Of(words) is { } header)
                {
                    columns = header;
                    hasTable = true;
                }
                else if (columns is not null && words.Length > columns.Size && char.IsAsciiDigit(words[columns.Size][0]) && !line.TrimStart().StartsWith('#'))
                {
                    Row(words, columns, number);
                }
            }
        }

        public void Json(string text)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 32 });
                Visit(document.RootElement, 0);
            }
            catch (JsonException wrong)
            {
                problems.Add(new(
                    Severity.Error, BenchmarkCodes.Unreadable, file, (int)Math.Min(int.MaxValue, (wrong.LineNumber ?? 0) + 1), (int)Math.Min(int.MaxValue, (wrong.BytePositionInLine ?? 0) + 1),
                    "is neither a table nor JSON"));
                hasTable = true;
            }
        }

        public ImmutableArray<BenchmarkRow> Finish()
        {
            if (complaints > MostComplaints)
                problems.Add(new(Severity.Note, BenchmarkCodes.BadRow, file, 0, 0, $"{complaints - MostComplaints} more rows are left out"));
            if (!hasTable)
            {
                problems.Add(new(Severity.Error, BenchmarkCodes.NoTable, file, 0, 0, "holds no table of a benchmark: no line with the words 'size' and 'time' above numbers"));
                return [];
            }

            if (rows.Count == 0)
                return [];
            int ranks = hints.Ranks > 0 ? hints.Ranks : devices > 0 ? devices : workers;
            int servers = hints.Servers > 0 ? hints.Servers : hosts.Count > 0 ? hosts.Count : nodes;
            if (ranks < 2)
            {
                problems.Add(new(Severity.Error, BenchmarkCodes.NoRanks, file, 0, 0, "does not say how many ranks took part (no lines 'Rank 0 ... on HOST device 0'); say so with --ranks"));
                return [];
            }

            if (servers > 0 && ranks % servers != 0)
            {
                problems.Add(new(Severity.Error, BenchmarkCodes.DoesNotFit, file, 0, 0, string.Create(CultureInfo.InvariantCulture, $"{ranks} ranks do not lie evenly on {servers} servers")));
                return [];
            }

            return [.. rows.Select(row => row with { Ranks = ranks, Servers = servers })];
        }

        private CollectiveKind? Operation(int line)
        {
            if (kind is null)
                kind = KindOf(Path.GetFileName(file));
            if (kind is null && !saidKind)
            {
                saidKind = true;
                problems.Add(new(
                    Severity.Error, BenchmarkCodes.NoOperation, file, line, 1,
                    "does not say which operation was measured, nor does the file's name; say so with --from OPERATION=FILE, such as all-reduce=results.txt"));
            }

            return kind;
        }

        private void Command(string words)
        {
            if (Workers().Match(words) is { Success: true } found)
                workers = int.Parse(found.Groups["ranks"].Value, CultureInfo.InvariantCulture);
            if (Nodes().Match(words) is { Success: true } across)
                nodes = int.Parse(across.Groups["nodes"].Value, CultureInfo.InvariantCulture);
            if (hints.Kind is null && KindOf(words) is { } named)
                kind = named;
        }

        private void Row(string[] words, Columns columns, int line)
        {
            if (Operation(line) is not { } operation)
                return;
            if (Number(words[columns.Size]) is not { } size)
            {
                Complain(line, BenchmarkCodes.BadRow, $"'{Short(words[columns.Size])}' is no size");
                return;
            }

            // A sweep may begin with nothing at all.
            if (size < 1)
                return;

            foreach (int column in columns.Times)
            {
                if (column >= words.Length)
                {
                    Complain(line, BenchmarkCodes.BadRow, "the row ends before its time");
                    continue;
                }

                if (words[column] == "N/A")
                    continue;
                double? wrong = columns.After(column, "#wrong", words);
                if (wrong > 0)
                    Complain(line, BenchmarkCodes.WrongResult, $"{wrong.Value.ToString("G6", CultureInfo.InvariantCulture)} wrong results; the row is left out");
                else
                    Add(operation, size, words[column], columns.After(column, "algbw", words), Format(columns.Type, words), line);
            }
        }

        private void Add(CollectiveKind operation, double size, string time, double? rate, NumberFormat format, int line)
        {
            if (Number(time) is not { } micros || micros <= 0)
            {
                Complain(line, BenchmarkCodes.BadRow, $"'{Short(time)}' is no time");
                return;
            }

            // Printed with two decimals, some tools in GiB: only what neither explains is a mistake.
            double ours = size / micros * 1e-3;
            if (rate is { } printed && printed > 0.5 && (ours < 0.9 * printed || ours > 1.15 * printed))
            {
                Complain(line, BenchmarkCodes.Inconsistent, string.Create(CultureInfo.InvariantCulture, $"size and time make {ours:G4} GB/s, but {printed:G4} is printed; the row is left out"));
                return;
            }

            if (rows.Count < MostRows)
                rows.Add(new(operation, size, format, 0, 0, new Seconds(micros / 1e6), file, line));
        }

        /// <summary>Objects with a size and a time, at any depth; the NCCL tests nest the times, and name the operation and the devices beside them.</summary>
        private void Visit(JsonElement element, int depth)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    Visit(item, depth + 1);
                return;
            }

            if (element.ValueKind != JsonValueKind.Object)
                return;
            foreach (JsonProperty property in element.EnumerateObject())
                Named(property);
            if (Property(element, "size") is { } size && Value(size) is { } bytes)
            {
                hasTable = true;
                Result(element, bytes);
                return;
            }

            foreach (JsonProperty property in element.EnumerateObject())
                Visit(property.Value, depth + 1);
        }

        private void Result(JsonElement element, double bytes)
        {
            if (Operation(0) is not { } operation || bytes < 1)
                return;
            NumberFormat format = Property(element, "type") is { ValueKind: JsonValueKind.String } type ? FormatOf(type.GetString()!) : NumberFormat.Fp32;
            foreach (JsonElement? one in (JsonElement?[])[element, Property(element, "out_of_place"), Property(element, "in_place")])
            {
                if (one is not { ValueKind: JsonValueKind.Object } part || Property(part, "time") is not { } time || Value(time) is not { } micros)
                {
                    continue;
                }

                if (Property(part, "nwrong") is { } wrong && Value(wrong) > 0)
                    Complain(0, BenchmarkCodes.WrongResult, string.Create(CultureInfo.InvariantCulture, $"wrong results at {bytes:G9} bytes; the measurement is left out"));
                else
                    Add(operation, bytes, micros.ToString("R", CultureInfo.InvariantCulture), null, format, 0);
            }
        }

        private void Named(JsonProperty property)
        {
            string name = property.Name.ToLowerInvariant();
            JsonElement value = property.Value;
            if (name is "hostname" && value.ValueKind == JsonValueKind.String)
            {
                hosts.Add(value.GetString()!);
                devices++;
            }
            else if (name is "nworkers" or "n_workers" or "ranks" or "nranks" or "num_ranks" or "world_size" && Value(value) is { } count && count is >= 2 and <= 1e7)
            {
                workers = (int)count;
            }
            else if (name is "nnodes" or "n_nodes" or "num_nodes" && Value(value) is { } across && across is >= 1 and <= 1e6)
            {
                nodes = (int)across;
            }
            else if (value.ValueKind == JsonValueKind.String && hints.Kind is null && kind is null && name is not ("file" or "path" or "env")
                && KindOf(value.GetString()!) is { } found)
            {
                kind = found;
            }
            else if (value.ValueKind == JsonValueKind.Array && name == "args" && hints.Kind is null)
            {
                foreach (JsonElement word in value.EnumerateArray())
                {
                    if (word.ValueKind == JsonValueKind.String && Program().IsMatch(word.GetString()!) && KindOf(word.GetString()!) is { } program)
                        kind = program;
                }
            }
        }

        private void Complain(int line, string code, string message)
        {
            if (complaints++ < MostComplaints)
                problems.Add(new(Severity.Warning, code, file, line, line > 0 ? 1 : 0, message));
        }
    }

    /// <summary>The first property whose name is <paramref name="name"/>, a unit or a statistic behind it (<c>time:avg(us)</c>) left out; null where there is none.</summary>
    private static JsonElement? Property(JsonElement element, string name)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string word = property.Name;
            int end = word.AsSpan().IndexOfAny('(', ':');
            if (string.Equals(end < 0 ? word : word[..end], name, StringComparison.OrdinalIgnoreCase))
                return property.Value;
        }

        return null;
    }

    private static double? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetDouble(out double number) && double.IsFinite(number) => number,
        JsonValueKind.String => Number(element.GetString()!),
        _ => null,
    };

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;

    private static NumberFormat Format(int column, string[] words) => column >= 0 && column < words.Length ? FormatOf(words[column]) : NumberFormat.Fp32;

    /// <summary>Formats only decide whether a switch can add them; integers and doubles count as 32-bit floats.</summary>
    private static NumberFormat FormatOf(string text) => text.ToLowerInvariant() switch
    {
        "half" or "fp16" or "float16" => NumberFormat.Fp16,
        "bfloat16" or "bf16" => NumberFormat.Bf16,
        "f8e4m3" or "f8e5m2" or "fp8" or "fp8_e4m3" => NumberFormat.Fp8,
        _ => NumberFormat.Fp32,
    };

    private static string Short(string text) => text.Length <= 24 ? text : text[..21] + "...";

    /// <summary>Where a table has what.</summary>
    /// <param name="Times">Out of place, then in place, where a test has both.</param>
    private sealed record Columns(int Size, int Type, int[] Times, string[] Words)
    {
        public static Columns? Of(string[] words)
        {
            int size = -1, type = -1;
            List<int> times = [];
            for (int index = 0; index < words.Length; index++)
            {
                int end = words[index].AsSpan().IndexOfAny('(', ':');
                string word = end < 0 ? words[index] : words[index][..end];
                if (word.Equals("size", StringComparison.OrdinalIgnoreCase) && size < 0)
                    size = index;
                else if (word.Equals("type", StringComparison.OrdinalIgnoreCase))
                    type = index;
                else if (word.Equals("time", StringComparison.OrdinalIgnoreCase) && !IsTail(words[index]))
                    times.Add(index);
            }

            return size >= 0 && times.Count > 0 ? new(size, type, [.. times], words) : null;
        }

        /// <summary>The number of a row under the first column of this name behind <paramref name="time"/> and before the next time; null where there is none.</summary>
        public double? After(int time, string name, string[] row)
        {
            for (int column = time + 1; column < Math.Min(Words.Length, row.Length) && Array.IndexOf(Times, column) < 0; column++)
            {
                if (Words[column].StartsWith(name, StringComparison.OrdinalIgnoreCase))
                    return Number(row[column]);
            }

            return null;
        }

        /// <summary>A percentile or an extreme, where the mean is printed too.</summary>
        private static bool IsTail(string word) => word.Contains(":p", StringComparison.Ordinal) || word.Contains(":min", StringComparison.Ordinal) || word.Contains(":max", StringComparison.Ordinal);
    }
}
