using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Architecture;

/// <summary>Dependencies run one way. The list is the design; a new project takes its place in it.</summary>
public sealed class ProjectOrderTests
{
    /// <summary>Each project with those it may name; what they name, it may use.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Units"] = [],
        ["Catalog"] = ["Units"],
        ["Operators"] = ["Units"],
        ["Engine"] = ["Units"],
        ["Models"] = ["Catalog", "Operators"],
        ["Chips"] = ["Catalog", "Operators"],
        ["Fabric"] = ["Catalog", "Operators", "Engine"],
        ["Accounting"] = ["Catalog"],
        ["Training"] = ["Models", "Chips", "Fabric", "Engine", "Accounting"],
        ["Serving"] = ["Models", "Chips", "Fabric", "Engine", "Accounting"],
        ["Operations"] = ["Training", "Serving"],
        ["Planner"] = ["Training", "Serving", "Operations"],
        ["Validation"] = ["Training", "Serving", "Operations", "Planner"],
        ["Neuron"] = ["Chips", "Engine"],
        ["Interchange"] = ["Training", "Serving"],
        ["Sweep"] = ["Planner"],
        ["Cli"] = ["Validation", "Interchange", "Sweep", "Planner", "Neuron"],
    };

    [Fact]
    public void Projects_name_only_those_below_them()
    {
        List<string> wrong = [];
        foreach (string file in Directory.GetFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories))
        {
            string project = NameOf(file);
            Allowed.ShouldContainKey(project, "a new project takes its place in the order");
            HashSet<string> reachable = Reachable(project);
            foreach (string reference in References(file))
            {
                if (!reachable.Contains(reference))
                    wrong.Add($"{project} -> {reference}");
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void The_order_has_no_way_back()
    {
        foreach (string project in Allowed.Keys)
            Reachable(project).ShouldNotContain(project);
    }

    [Fact]
    public void Every_project_has_a_test_project_and_is_in_the_solution()
    {
        string solution = File.ReadAllText(Repository.PathOf("Orrery.slnx"));
        foreach (string file in Directory.GetFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            solution.ShouldContain($"src/{name}/{name}.csproj");
            solution.ShouldContain($"tests/{name}.Tests/{name}.Tests.csproj");
            File.Exists(Repository.PathOf("tests", $"{name}.Tests", $"{name}.Tests.csproj")).ShouldBeTrue(name);
        }
    }

    [Fact]
    public void Lock_files_stand_beside_every_project_and_name_no_registry()
    {
        foreach (string file in Directory.GetFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories))
        {
            string locks = Path.Combine(Path.GetDirectoryName(file)!, "packages.lock.json");
            File.Exists(locks).ShouldBeTrue(locks);
            File.ReadAllText(locks).ShouldNotContain("://");
        }
    }

    private static HashSet<string> Reachable(string project)
    {
        HashSet<string> found = [];
        Stack<string> open = new(Allowed[project]);
        while (open.TryPop(out string? next))
        {
            if (found.Add(next))
            {
                foreach (string below in Allowed[next])
                    open.Push(below);
            }
        }

        return found;
    }

    private static IEnumerable<string> References(string file) => XDocument.Load(file).Descendants("ProjectReference")
        .Select(reference => NameOf(reference.Attribute("Include")!.Value.Replace('\\', '/')));

    private static string NameOf(string file) => Path.GetFileNameWithoutExtension(file)["Orrery.".Length..];
}
