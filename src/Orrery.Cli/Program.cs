using System.Text;
using Orrery.Cli;

// Results are gathered and written once, in UTF-8: the console's own writer flushes every write and costs more to set up.
UTF8Encoding encoding = new(encoderShouldEmitUTF8Identifier: false);
using StringWriter output = new();
using StreamWriter error = new(Console.OpenStandardError(), encoding, bufferSize: 1024) { AutoFlush = true };
int code = CommandLine.Run(args, output, error, Terminal.Detect());
try
{
    using Stream stream = Console.OpenStandardOutput();
    stream.Write(encoding.GetBytes(output.ToString()));
}
catch (IOException)
{
    // The reader went away (orrery ... | head): nobody is left to tell.
}

return code;
