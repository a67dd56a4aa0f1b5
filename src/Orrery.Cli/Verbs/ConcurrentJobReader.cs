using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>
/// Reads the collectives that run beside one that is asked for: <c>jobs</c>, each with <c>operation</c>, <c>size</c>, and perhaps <c>name</c>, <c>group</c> ranks
/// (all of the job), <c>stride</c> ranks from one to the next (1), <c>firstChip</c> (0) and <c>repeats</c> (true).
/// </summary>
public static class ConcurrentJobReader
{
    /// <summary>The jobs of a file, on a job of <paramref name="ranks"/> ranks.</summary>
    public static IEnumerable<ConcurrentJob> Read(string path, string[] words, SystemDescription system, int ranks, FabricGraph graph, List<Diagnostic> problems)
    {
        DiagnosticList diagnostics = new(path);
        List<ConcurrentJob> jobs = [];
        if (MappingReader.OfRoot(YamlReader.ReadFile(path, diagnostics), diagnostics) is { } top)
        {
            RankGroups groups = new(system, system.Chip.RanksPerChip);
            foreach (MappingReader line in top.Groups("jobs"))
            {
                CollectiveKind kind = (CollectiveKind)line.Word("operation", [.. words]);
                double size = line.RequiredQuantity("size", QuantityKind.Data, 1, 1e15);
                int group = line.Integer("group", 1, ranks, ranks), stride = line.Integer("stride", 1, ranks, 1);
                int first = line.Integer("firstChip", 0, Math.Max(0, graph.Chips - 1), 0) * system.Chip.RanksPerChip;
                string name = line.Text("name");
                bool repeats = line.Flag("repeats", fallback: true);
                line.Finish();
                if ((long)group * stride > ranks)
                {
                    diagnostics.Error(DiagnosticCode.OutOfRange, line.Position, $"{group} ranks {stride} apart do not fit into {ranks} ranks");
                    continue;
                }

                Collective collective = new(kind, new Bytes(kind == CollectiveKind.AllGather ? size * group : size));
                jobs.Add(new ConcurrentJob(name.Length > 0 ? name : words[(int)kind], collective, groups.Group(stride, group, ranks), first, repeats));
            }

            top.Finish();
        }

        problems.AddRange(diagnostics.InOrder());
        return jobs;
    }
}
