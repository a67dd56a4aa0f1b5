using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog.Loading;

/// <summary>Reads a system that is another one with collectives of its owner's own: <c>base: dgx-h100</c> and <c>communication</c>.</summary>
internal static class SystemOverlayLoader
{
    private const string Base = "base";

    /// <summary>Whether a file names a base.</summary>
    public static bool IsOverlay(YamlNode? root) => root is YamlMapping mapping && mapping.Entries.Any(static entry => entry.Key.Text == Base);

    /// <summary>The base with the overlay; null with diagnostics where anything is wrong.</summary>
    /// <param name="loadBase">Finds the base; null where this file is itself asked for as one.</param>
    public static SystemDescription? Load(string id, YamlNode? root, DiagnosticList diagnostics, Func<string, Result<SystemDescription>>? loadBase)
    {
        if (MappingReader.OfRoot(root, diagnostics) is not { } top)
        {
            return null;
        }

        string name = top.RequiredText(Base, "the name of a system");
        string shown = top.Text("name", id);
        string stack = top.Text("defaultStack");
        CommunicationOverlay? communication = null;
        if (top.RequiredGroup("communication", "{fittedOn, scaleUp, scaleOut}") is { } group)
        {
            communication = new(group.Text("fittedOn"), Scope(group, "scaleUp"), Scope(group, "scaleOut"));
            group.Finish();
        }

        top.Finish();
        if (loadBase is null)
        {
            diagnostics.Error(DiagnosticCode.InconsistentLevels, top.Node(Base)!.Position, "this system has a base itself; an overlay lies on a system of the catalogue, not on another overlay");
            return null;
        }

        if (diagnostics.HasErrors)
        {
            return null;
        }

        Result<SystemDescription> found = loadBase(name);
        diagnostics.AddRange(found.Diagnostics);
        return found.Value is not { } system || communication is null ? null : SystemOverlay.Under(system, communication) with
        {
            Id = id,
            Name = shown,
            Aliases = [],
            DefaultStack = stack.Length > 0 ? stack : system.DefaultStack,
        };
    }

    private static ScopeOverlay? Scope(MappingReader communication, string key)
    {
        if (communication.Group(key) is not { } group)
        {
            return null;
        }

        ScopeOverlay scope = new(
            group.RequiredQuantity("startup", QuantityKind.Number, CommunicationOverlay.Lowest, CommunicationOverlay.Highest),
            group.RequiredQuantity("bandwidth", QuantityKind.Number, CommunicationOverlay.Lowest, CommunicationOverlay.Highest),
            group.RequiredQuantity("sigma", QuantityKind.Number, 0, 3),
            group.Integer("rows", 0, int.MaxValue, 0));
        group.Finish();
        return scope;
    }
}
