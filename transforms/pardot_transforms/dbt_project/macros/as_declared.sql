{#
    A raw table with the columns and types that sources.yml declares: one that does not exist has no rows, a column that
    it lacks is NULL. A table that is as declared is read itself.
#}
{% macro as_declared(raw) %}
    {%- if not execute -%}{{ return(raw) }}{%- endif -%}
    {%- set types = ${types} -%}
    {%- set sources = graph.sources.values()
        | selectattr('schema', 'equalto', raw.schema) | selectattr('identifier', 'equalto', raw.identifier) -%}
    {%- set declared = (sources | first).columns.values() -%}
    {%- set found = {} -%}
    {%- set table = adapter.get_relation(raw.database, raw.schema, raw.identifier) -%}
    {%- for column in (adapter.get_columns_in_relation(table) if table else []) -%}
        {%- do found.update({column.name: column.dtype | lower}) -%}
    {%- endfor -%}
    {%- set casts, differing = [], [] -%}
    {%- for column in declared -%}
        {#- Snowflake keeps a name that was not quoted in capitals. -#}
        {%- set kept = column.name | upper if target.type == 'snowflake' else column.name -%}
        {%- set name, type = adapter.quote(kept), types.get(column.data_type, column.data_type) -%}
        {%- if found.get(kept) != type -%}
            {%- do differing.append(name) -%}
        {%- endif -%}
        {%- set value = name if kept in found else 'null' -%}
        {%- do casts.append('cast(' ~ value ~ ' as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {%- if not differing -%}{{ return(raw) }}{%- endif -%}
    {{- return('(select ' ~ casts | join(', ') ~ (' from ' ~ raw if table else ' where false') ~ ')') -}}
{% endmacro %}
